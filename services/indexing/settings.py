"""The settings of the indexing service."""

from pydantic import Field

from shared.settings import CommonSettings


class Settings(CommonSettings):
    """``BANTIN_INDEXING_*`` beside the common settings."""

    indexing_admin_host: str = Field(
        default="127.0.0.1", description="Where indexing shows health and metrics."
    )
    indexing_admin_port: int = Field(
        default=9462, ge=0, le=65535, description="Port of health and metrics."
    )
