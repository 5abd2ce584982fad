"""``/v1/categories``: names and order."""

from typing import Annotated

from flask import Blueprint, Response
from pydantic import Field, StrictInt

from services.ingest.api.requests import Gate, Strict, answer, checked, read_json, require
from services.ingest.categories import Named, save_category
from services.ingest.commands import SLUG
from services.ingest.records import Category
from services.ingest.store.store import Store
from services.ingest.store.tokens import Scope
from shared.contracts.article import Name
from shared.http import FieldError, Kind, Problem

_SLUG_LENGTH = 100


class CategoryBody(Strict):
    name: Name
    position: Annotated[StrictInt, Field(ge=0, le=1_000_000)] | None = None


def _shown(category: Category) -> dict[str, object]:
    return {
        "slug": category.slug,
        "name": category.name,
        "position": category.position,
        "version": category.version,
    }


def blueprint(store: Store, gate: Gate) -> Blueprint:
    """Return the routes; reading needs a good token, writing the scope ``admin``."""
    routes = Blueprint("categories", __name__, url_prefix="/v1/categories")
    routes.before_request(gate.enter)

    @routes.get("")
    def list_categories() -> Response:
        return answer({"categories": [_shown(category) for category in store.categories()]})

    @routes.get("/<slug>")
    def get_category(slug: str) -> Response:
        found = next((c for c in store.categories() if c.slug == slug), None)
        if found is None:
            raise Problem(Kind.NOT_FOUND, "There is no such category.")
        return answer(_shown(found))

    @routes.put("/<slug>")
    def put_category(slug: str) -> Response:
        """201 or 200: the name is on disk; every page and search result follows."""
        require(Scope.ADMIN)
        if len(slug) > _SLUG_LENGTH or not SLUG.fullmatch(slug):
            wrong = FieldError("slug", "words of a-z and 0-9 with single hyphens between them")
            raise Problem(Kind.INVALID, "The category's slug is wrong.", errors=(wrong,))
        asked = checked(CategoryBody, read_json())
        with store.unit() as unit:
            saved = save_category(unit, Named(slug, asked.name, asked.position))
        return answer(_shown(saved.category), 201 if saved.created else 200)

    return routes
