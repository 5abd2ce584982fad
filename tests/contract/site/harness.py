"""A whole site in a folder: page database, writer and files, without bus or processes."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from math import inf
from pathlib import Path

from sqlalchemy import select

from services.render import bootstrap
from services.render.marks import mark
from services.render.settings import Settings
from services.render.site import Writer
from services.render.store import Store
from services.render.tables import Priority, dirty
from shared.contracts.documents import CategoryLabel
from shared.contracts.events import CategoryChanged, Event
from tests.databases import Databases


class Harness:
    def __init__(self, folder: Path, database: str) -> None:
        self.settings = Settings(data_dir=folder, database=database, _env_file=None)
        self.database = bootstrap.open_database(self.settings)
        self.store = Store(self.database)
        self.writer = Writer(self.settings, self.database, step_seconds=inf)

    def take(self, *events: Event, priority: Priority = Priority.LIVE) -> None:
        self.store.take([event.data for event in events], priority)

    def publish(self, *events: Event) -> int:
        self.take(*events)
        return self.writer.drain()

    def mark(self, *paths: str, priority: Priority = Priority.LIVE) -> None:
        with self.database.write() as connection:
            mark(connection, paths, priority)

    def marked(self) -> list[str]:
        """Return the marked pages, in the order of their turns."""
        query = select(dirty.c.path).order_by(dirty.c.priority, dirty.c.since, dirty.c.path)
        with self.database.read() as connection:
            return list(connection.scalars(query))

    def files(self) -> dict[str, bytes]:
        """Return every page by its name; assets and the marker left out."""
        root = self.settings.site_dir
        names = {path: path.relative_to(root) for path in root.rglob("*") if path.is_file()}
        return {
            str(name): path.read_bytes()
            for path, name in names.items()
            if name.parts[0] != "assets" and name.name != ".look"
        }

    def page(self, path: str) -> str:
        name = path.lstrip("/") + ("index.html" if path.endswith("/") else "")
        return (self.settings.site_dir / name).read_text()

    def exists(self, path: str) -> bool:
        return (self.settings.site_dir / path.lstrip("/") / "index.html").is_file()

    def close(self) -> None:
        self.writer.close()
        self.database.close()


Sites = Callable[[], Harness]


@contextmanager
def sites(folder: Path, databases: Databases) -> Iterator[Sites]:
    """Give a maker of empty sites, each in a folder and a database of its own."""
    numbers = itertools.count()
    with ExitStack() as made:

        def make() -> Harness:
            url = made.enter_context(databases.lend())
            site = Harness(folder / f"site-{next(numbers)}", url)
            made.callback(site.close)
            return site

        yield make


def category(
    slug: str = "tin-tuc", name: str = "Tin tức", *, position: int = 1, version: int = 1
) -> CategoryChanged:
    label = CategoryLabel(slug=slug, name=name)
    return CategoryChanged(category=label, position=position, version=version)
