"""The processes of a deployment one by one under strace, with a little work to do."""

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psutil
from PIL import Image

from tests.chaos.readers import AGENT
from tests.chaos.syscalls import CALLS, Call, calls
from tests.deployment import ROOT, Deployment, document, free_port, wait_for
from tests.embedded_deployment import EmbeddedDeployment

STRACE = shutil.which("strace")
_OTHERS = {
    "relay": ("services.ingest", "relay"),
    "counter": ("services.visits", "counter"),
    "indexing": ("services.indexing", "consumer"),
    "consumer": ("services.render", "consumer"),
    "writer": ("services.render", "writer"),
}


class Traces:
    """What each process did; ``of`` reads one process's calls anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def of(self, name: str) -> Iterator[Call]:
        with (self.folder / f"{name}.strace").open(errors="replace") as lines:
            yield from calls(lines)


def record(folder: Path) -> Traces:
    """Let editors and readers send a little, then let every consumer work it off."""
    deployment = EmbeddedDeployment(folder)
    environment = deployment.environment | {
        # Compiled modules are not promised to anybody: nobody syncs them.
        "PYTHONDONTWRITEBYTECODE": "1",
        "BANTIN_PROCESS_ADMIN_PORT": str(deployment.admin_ports["front"]),
    }
    traces = Traces(folder)
    try:
        deployment.command("deploy.embedded", "migrate")
        with _traced(traces, "front", ("deploy.embedded", "process", "front"), environment):
            wait_for(lambda: _is_up(deployment))
            _work(deployment, deployment.token())
        with contextlib.ExitStack() as running:
            for name, command in _OTHERS.items():
                service = command[0].removeprefix("services.").upper()
                own = environment | {f"BANTIN_{service}_ADMIN_PORT": str(free_port())}
                running.enter_context(_traced(traces, name, command, own))
            # Nobody takes what consumers say to ingest.
            wait_for(lambda: not deployment.left_over("ingest.live"))
    finally:
        deployment.close()
    return traces


@contextlib.contextmanager
def _traced(
    traces: Traces, name: str, command: tuple[str, ...], environment: dict[str, str]
) -> Iterator[None]:
    assert STRACE, "strace is not installed; with CI=true that is a failure"
    with (traces.folder / f"{name}.log").open("wb") as log:
        tracer = subprocess.Popen(
            [
                *(STRACE, "-f", "-qq", "-yy", "-s", "16", "-e", f"trace={CALLS}"),
                *("-o", str(traces.folder / f"{name}.strace")),
                *(sys.executable, "-m", *command),
            ],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        for child in psutil.Process(tracer.pid).children():
            os.kill(child.pid, signal.SIGTERM)
        try:
            tracer.wait(60)
        except subprocess.TimeoutExpired:
            for child in psutil.Process(tracer.pid).children(recursive=True):
                child.kill()
            tracer.wait(60)
            raise


def _is_up(deployment: Deployment) -> bool:
    """Tell whether the front door answers; there is no page yet, so the totals are asked for."""
    try:
        return deployment.http.get("/api/visits").is_success
    except httpx.TransportError:
        return False


def _work(deployment: Deployment, token: str) -> None:
    """Send one of each kind of request, one after another; each must be accepted."""
    editor = deployment.client(Authorization=f"Bearer {token}")
    reader = deployment.client(**AGENT)
    picture, articles = uuid4(), [uuid4() for _ in range(3)]
    sent: list[Callable[[], httpx.Response]] = [
        lambda: editor.put("/v1/categories/tin-tuc", json={"name": "Tin tức"}),
        lambda: editor.put(f"/v1/media/{picture}", content=_picture()),
    ]
    for number, one in enumerate(articles):
        sent += _on(editor, one, f"Tin số {number}")
    sent += [
        lambda: editor.post(f"/v1/articles/{articles[0]}/unpublish", json={"type": "gone"}),
        lambda: editor.post(f"/v1/articles/{articles[1]}/publish", json={"slug": "doi-dia-chi"}),
        *[lambda: reader.post("/api/visits", json={"path": "/"})] * 3,
    ]
    for send in sent:
        send().raise_for_status()


def _on(editor: httpx.Client, one: UUID, title: str) -> list[Callable[[], httpx.Response]]:
    return [
        lambda: editor.put(f"/v1/articles/{one}", json=document(title)),
        lambda: editor.post(f"/v1/articles/{one}/publish", json={}),
    ]


def _picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (640, 360), "teal").save(written, "PNG")
    return written.getvalue()
