"""Settings of render, from ``BANTIN_*``."""

from pathlib import Path

from pydantic import Field

from shared.settings import CommonSettings


class Settings(CommonSettings):
    """What render reads beside the common settings."""

    render_home_newest: int = Field(
        default=10, ge=1, le=100, description="News at the top of the home page."
    )
    render_home_category: int = Field(
        default=4, ge=1, le=50, description="News in each category's block on the home page."
    )
    render_list_size: int = Field(
        default=20, ge=20, le=200, description="News on a category's first page."
    )
    render_feed_size: int = Field(default=30, ge=1, le=200, description="News in an RSS feed.")
    render_batch: int = Field(
        default=64, ge=1, le=1000, description="Pages a writer leases and writes at a time."
    )
    render_poll_seconds: float = Field(
        default=0.5, gt=0, description="How often a writer looks for work that nobody told it of."
    )
    render_verify_seconds: float = Field(
        default=600.0, gt=0, description="Time between two looks at every file of the site."
    )
    render_serve_files: bool = Field(
        default=True, description="Whether `web` serves the site's files, or a gateway does."
    )
    render_precompress: bool = Field(
        default=False,
        description="Whether a .gz is written beside each file, for a gateway that serves it.",
    )
    render_web_host: str = Field(default="127.0.0.1", description="Address `web` listens on.")
    render_admin_host: str = Field(
        default="127.0.0.1", description="Address of health and metrics."
    )
    render_web_port: int = Field(
        default=8003, description="Port of `web`, which answers what is not a file."
    )
    render_admin_port: int = Field(
        default=9463, description="Port of health and metrics, on loopback."
    )

    @property
    def site_dir(self) -> Path:
        """Folder of the site's files."""
        return self.data_dir / "site"

    @property
    def wake_dir(self) -> Path:
        """Folder where writers leave the numbers at which they can be woken."""
        return self.data_dir / "render" / "wake"

    @property
    def owners_dir(self) -> Path:
        """Folder of the locks that say which writers are alive."""
        return self.data_dir / "render" / "writers"
