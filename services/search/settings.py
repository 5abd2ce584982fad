"""The settings of the search service."""

from pydantic import Field

from shared.settings import CommonSettings


class Settings(CommonSettings):
    """``BANTIN_SEARCH_*`` beside the common settings."""

    search_host: str = Field(default="127.0.0.1", description="Where the search pages listen.")
    search_port: int = Field(default=8002, ge=0, le=65535, description="Port of the search pages.")
    search_admin_host: str = Field(
        default="127.0.0.1", description="Where search shows health and metrics."
    )
    search_admin_port: int = Field(
        default=9466, ge=0, le=65535, description="Port of health and metrics."
    )
