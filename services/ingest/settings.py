"""Settings of ingest, from ``BANTIN_*``."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from shared.settings import CommonSettings

Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(CommonSettings):
    """What ingest reads beside the common settings."""

    ingest_host: str = Field(default="127.0.0.1", description="Address that the API listens on.")
    ingest_port: Port = Field(default=8011, description="Port of the API when it runs alone.")
    ingest_threads: int = Field(default=8, ge=1, le=256, description="Requests answered at once.")
    ingest_admin_host: str = Field(
        default="127.0.0.1", description="Where health and metrics of ingest are shown."
    )
    ingest_admin_port: Port = Field(default=9411, description="Port of health and metrics.")
    relay_poll_seconds: float = Field(
        default=0.1, gt=0, le=0.1, description="How often the outbox is looked at, woken or not."
    )
    jobs_poll_seconds: float = Field(
        default=1.0, gt=0, description="How often ingest looks for what has become due."
    )
    manifest_seconds: float = Field(
        default=600.0, gt=0, description="Time between two manifests of every article."
    )
    manifest_size: int = Field(
        default=1000, ge=1, le=10_000, description="Articles in one manifest event."
    )
    media_pixels: int = Field(
        default=50_000_000, ge=1, description="Pixels (of all frames) that a picture may have."
    )

    @property
    def ingest_database_url(self) -> str:
        """Return the address of the service's own database."""
        return self.database_url("ingest")

    @property
    def media_dir(self) -> Path:
        """Folder of the pictures, by the hash of what was sent."""
        return self.data_dir / "ingest" / "media"

    @property
    def ingest_wake_dir(self) -> Path:
        """Folder where relays leave the numbers at which they can be woken."""
        return self.data_dir / "ingest" / "wake"

    @property
    def jobs_wake_dir(self) -> Path:
        """Folder where jobs leave the numbers at which they can be woken."""
        return self.data_dir / "ingest" / "wake-jobs"
