"""Nginx, in front of whatever the test's configuration names."""

import os
import shutil
from pathlib import Path
from typing import ClassVar

from tests.servers.runner import Container, Process, Runner
from tests.servers.server import Server, listens

MAIN = """\
daemon off;
{user}
pid nginx.pid;
error_log stderr info;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
  {types}
  default_type application/octet-stream;
  access_log access.log;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  include site.conf;
}}
"""
TYPES = Path("/etc/nginx/mime.types")


class Nginx(Server):
    """Nginx with ``configuration`` inside its ``http`` block.

    ``{port}`` and ``{folder}`` in the text stand for the loopback port that it shall listen on and
    for the folder; paths without a leading slash are relative to the folder.
    """

    name: ClassVar[str] = "nginx"
    image: ClassVar[str] = "nginx:stable"
    advice: ClassVar[str] = "install the package nginx (nginx-light is enough)"

    def __init__(self, folder: Path, configuration: str) -> None:
        super().__init__(folder)
        self.url = f"http://127.0.0.1:{self.port}"
        self.configure(configuration)

    @classmethod
    def packaged(cls) -> bool:
        return _program() is not None

    def configure(self, configuration: str) -> None:
        """Write the configuration that the next start takes."""
        text = configuration.replace("{port}", str(self.port))
        text = text.replace("{folder}", str(self.folder))
        (self.folder / "site.conf").write_text(text)
        # Its workers would become another user, who may not look into a folder of the tests.
        user = "user root;" if os.geteuid() == 0 else ""
        types = f"include {TYPES};" if TYPES.exists() or isinstance(self.runner, Container) else ""
        (self.folder / "nginx.conf").write_text(MAIN.format(user=user, types=types))

    def is_ready(self) -> bool:
        return listens(self.port)

    def _process(self) -> Runner:
        program = _program()
        assert program is not None
        words = [program, "-p", f"{self.folder}/", "-c", "nginx.conf", "-e", "stderr"]
        return Process(words, folder=self.folder)

    def _container(self) -> Runner:
        """On the machine's own network: it listens on loopback and reaches what is there."""
        mount = f"--volume={self.folder}:{self.folder}"
        words = ("nginx", "-p", f"{self.folder}/", "-c", "nginx.conf", "-e", "stderr")
        return Container(self.image, ["--network=host", mount], words, stop="SIGQUIT")


def _program() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
