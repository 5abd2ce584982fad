"""Settings that more than one service reads, from ``BANTIN_*`` in the environment or ``.env``."""

import os
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

LOCAL_TIME = ZoneInfo("Asia/Ho_Chi_Minh")
"""Readers' time; what is stored is UTC."""


def _public_url(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return url.rstrip("/")


class CommonSettings(BaseSettings):
    """One declaration for each setting, with its meaning; a wrong value stops the start."""

    model_config = SettingsConfigDict(
        env_prefix="BANTIN_", env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Add files: any setting may stand in ``<BANTIN_SECRETS_DIR>/bantin_<setting>``."""
        folder = os.environ.get("BANTIN_SECRETS_DIR")
        if folder:
            file_secret_settings = SecretsSettingsSource(settings_cls, folder)
        return init_settings, env_settings, dotenv_settings, file_secret_settings

    data_dir: Path = Field(default=Path("var"), description="Folder that keeps all state.")
    bus: str = Field(
        default="",
        repr=False,
        description="Where events travel: amqp://user:password@host:port/vhost (or amqps://…, with "
        "?cacertfile=<file> for a certificate of one's own); default sqlite://<data>/bus.",
    )
    database: str = Field(
        default="",
        repr=False,
        description="The service's own database: postgresql://user:password@host:port/name, where "
        "{service} stands for the service's name; default SQLite under <data>.",
    )
    search_index: str = Field(
        default="",
        repr=False,
        description="The search index: elasticsearch://user:password@host:port/alias (or "
        "elasticsearch+https://…); default tantivy://<data>/index.",
    )
    public_url: Annotated[str, AfterValidator(_public_url)] = Field(
        default="http://127.0.0.1:8000", description="Address of the site as readers type it."
    )
    site_name: str = Field(
        default="Cổng thông tin điện tử", min_length=1, description="Name in every page's head."
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @property
    def bus_url(self) -> str:
        return self.bus or f"sqlite://{self.data_dir / 'bus'}"

    @property
    def search_index_url(self) -> str:
        return self.search_index or f"tantivy://{self.data_dir / 'index'}"

    def database_url(self, service: str) -> str:
        """Return the SQLAlchemy address of a service's own database."""
        if self.database:
            url = self.database.replace("{service}", service)
            return url.replace("postgresql://", "postgresql+psycopg://", 1)
        return f"sqlite:///{self.data_dir / service / f'{service}.db'}"


def describe(error: ValidationError) -> str:
    """Say for a person which settings are wrong; never shows their values."""
    return "\n".join(
        f"BANTIN_{'_'.join(map(str, found['loc'])).upper()}: {found['msg']}"
        for found in error.errors(include_url=False, include_input=False)
    )
