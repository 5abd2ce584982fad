"""The settings of the indexing service."""

from pydantic import Field

from shared.settings import CommonSettings


class Settings(CommonSettings):
    """``BANTIN_INDEXING_*`` and ``BANTIN_REINDEX_*`` beside the common settings."""

    indexing_admin_host: str = Field(
        default="127.0.0.1", description="Where indexing shows health and metrics."
    )
    indexing_admin_port: int = Field(
        default=9462, ge=0, le=65535, description="Port of health and metrics."
    )
    reindex_lease_seconds: float = Field(
        default=30.0,
        ge=1,
        le=600,
        description="Silence after which a reindex counts as interrupted, and another goes on.",
    )
    reindex_look_seconds: float = Field(
        default=10.0, gt=0, description="How often `jobs` looks for a reindex to go on with."
    )
    reindex_patience_seconds: float = Field(
        default=15.0,
        gt=0,
        description="How long a reindex waits for what does not come before it asks once more.",
    )
