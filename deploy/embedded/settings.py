"""Settings of the embedded deployment."""

from pydantic import Field

from shared.settings import CommonSettings

SERVICES = ("ingest", "indexing", "render", "visits")
"""The services with background work, in the order in which they are started."""


class EmbeddedSettings(CommonSettings):
    """Ports and first steps; everything else belongs to the services."""

    host: str = Field(default="127.0.0.1", description="Address that the front door listens on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port of the front door.")
    admin_port: int = Field(
        default=9470,
        ge=1,
        le=65000,
        description="First of five loopback ports for health and metrics: front and services.",
    )
    front_threads: int = Field(default=16, ge=2, le=256, description="Requests answered at once.")
    samples: bool = Field(default=True, description="Publish the sample news on the first start.")

    def admin_ports(self) -> dict[str, int]:
        """Return the administrative port of each operating-system process."""
        return {name: self.admin_port + i for i, name in enumerate(("front", *SERVICES))}
