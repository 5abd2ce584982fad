"""Categories: made, named, put in order; each change tells every consumer."""

from dataclasses import dataclass, replace

from services.ingest.edition import next_version
from services.ingest.records import Category
from services.ingest.store.unit import Unit, category_key
from shared.clock import unix_ms
from shared.contracts.events import CategoryChanged
from shared.text.slugs import slugify


class NameTaken(Exception):  # noqa: N818 - an answer, not a mistake
    """Two categories of one name could not be told apart in an article's subjects."""

    def __init__(self, name: str, slug: str) -> None:
        super().__init__(f"The category {slug} is called {name!r} already.")


@dataclass(frozen=True, slots=True)
class Named:
    """What a category is to be; without a position it keeps its own, or comes last."""

    slug: str
    name: str
    position: int | None = None


@dataclass(frozen=True, slots=True)
class SavedCategory:
    category: Category
    created: bool


def save_category(unit: Unit, named: Named) -> SavedCategory:
    """Make or change a category; the same again changes nothing. Raises NameTaken."""
    categories = unit.categories()
    key = category_key(named.name)
    for other in categories.values():
        if other.slug != named.slug and category_key(other.name) == key:
            raise NameTaken(other.name, other.slug)
    before = categories.get(named.slug)
    position = named.position
    if position is None:
        last = max((c.position for c in categories.values()), default=-1)
        position = before.position if before else last + 1
    version = next_version(before.version if before else 0, unix_ms(unit.now))
    after = Category(named.slug, named.name, position, version)
    if before is not None and replace(after, version=before.version) == before:
        return SavedCategory(before, created=False)
    unit.put_category(after)
    changed = CategoryChanged(category=after.label, position=position, version=version)
    unit.send(changed, subject=after.slug)
    return SavedCategory(after, created=before is None)


def create_by_name(unit: Unit, name: str) -> str:
    """Make a category for a name that an import brings; return its slug, made of the name."""
    slug = base = slugify(name)
    number = 1
    while slug in unit.categories():
        number += 1
        slug = f"{base}-{number}"
    save_category(unit, Named(slug, name))
    return slug
