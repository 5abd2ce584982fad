"""``/v1/import``: many articles, streamed in and out."""

import json
from collections.abc import Iterator

from flask import Blueprint, Response, request, stream_with_context

from services.ingest.api.requests import Gate, Strict, caller, query, require
from services.ingest.importing import Options, run_import
from services.ingest.store.store import Store
from services.ingest.store.tokens import Scope


class ImportQuery(Strict):
    publish: bool = False
    create_categories: bool = False


def blueprint(store: Store, gate: Gate) -> Blueprint:
    """Return the route; it needs ``draft``, and what it is asked to do beyond that."""
    routes = Blueprint("imports", __name__, url_prefix="/v1/import")
    routes.before_request(gate.need(Scope.DRAFT))

    @routes.post("")
    def import_articles() -> Response:
        """200: each line of the answer is true once it is read; its line's change is on disk."""
        asked = query(ImportQuery)
        if asked.publish:
            require(Scope.PUBLISH)
        if asked.create_categories:
            require(Scope.ADMIN)
        options = Options(caller().name, asked.publish, asked.create_categories)
        read = request.stream.read

        def lines() -> Iterator[bytes]:
            for results in run_import(read, store, options):
                yield b"".join(
                    json.dumps(result.body(), ensure_ascii=False).encode() + b"\n"
                    for result in results
                )

        return Response(
            stream_with_context(lines()),
            content_type="application/x-ndjson",
            headers={"Cache-Control": "no-store"},
        )

    return routes
