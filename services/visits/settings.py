"""The settings of the visits service."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from shared.settings import CommonSettings

Port = Annotated[int, Field(ge=0, le=65535)]
Network = IPv4Network | IPv6Network


class Settings(CommonSettings):
    """``BANTIN_VISITS_*``, and which proxies are believed."""

    visits_start: int = Field(
        default=0, ge=0, description="Total that the site had before; added to what is shown."
    )
    visits_rate: int = Field(
        default=600, ge=1, description="Views a minute that one network (/24, /64) may send."
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        default=(),
        description="Addresses or networks, by commas, whose X-Forwarded-For is believed.",
    )
    visits_host: str = Field(default="127.0.0.1", description="Where the collector listens.")
    visits_port: Port = Field(default=8004, description="The collector's port.")
    visits_admin_host: str = Field(
        default="127.0.0.1", description="Where health and the process's own metrics are shown."
    )
    visits_admin_port: Port = Field(
        default=9465, description="Port of health and of the process's own metrics."
    )
    visits_metrics_host: str = Field(
        default="127.0.0.1", description="Where the exporter of the visit figures listens."
    )
    visits_metrics_port: Port = Field(
        default=9464, description="The exporter's port, for Prometheus."
    )

    @property
    def visits_database_url(self) -> str:
        """Return the address of the service's own database."""
        return self.database_url("visits")

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        names = (name.strip() for name in value.split(","))
        return tuple(ip_network(name, strict=False) for name in names if name)
