"""The WSGI application of ingest, and how its refusals become problems."""

from collections.abc import Sequence

from flask import Blueprint, Flask, Response
from sqlalchemy.exc import SQLAlchemyError

from services.ingest.categories import NameTaken
from services.ingest.commands import Stale, Taken
from services.ingest.edition import Refused, Why
from shared import log
from shared.contracts.article import ContractError
from shared.database import UNAVAILABLE, CommitUnknown
from shared.http import FieldError, Kind, Problem, install

_logger = log.get("api")


def create_app(blueprints: Sequence[Blueprint]) -> Flask:
    """Return the application; it answers its own full paths and nothing else."""
    app = Flask("services.ingest", static_folder=None)
    app.url_map.strict_slashes = False
    install(app, "ingest")
    _install_refusals(app)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app


def contract_problem(error: ContractError) -> Problem:
    errors = tuple(FieldError(problem.pointer, problem.detail) for problem in error.problems)
    return Problem(Kind.INVALID, f"{len(errors)} field(s) are wrong.", errors=errors)


def refused_problem(error: Refused) -> Problem:
    if error.why is Why.NO_ARTICLE:
        return Problem(Kind.NOT_FOUND, error.why.value)
    return Problem(Kind.CONFLICT, error.why.value, state=error.facts.state)


def _install_refusals(app: Flask) -> None:
    @app.errorhandler(ContractError)
    def _contract(error: ContractError) -> Response:
        return contract_problem(error).response()

    @app.errorhandler(Refused)
    def _refused(error: Refused) -> Response:
        return refused_problem(error).response()

    @app.errorhandler(Stale)
    def _stale(error: Stale) -> Response:
        headers = {} if error.current is None else {"ETag": f'"{error.current}"'}
        detail = "The article has another version than If-Match says."
        return Problem(Kind.PRECONDITION, detail, headers=headers, version=error.current).response()

    @app.errorhandler(Taken)
    @app.errorhandler(NameTaken)
    def _taken(error: Exception) -> Response:
        return Problem(Kind.CONFLICT, str(error)).response()

    @app.errorhandler(SQLAlchemyError)
    @app.errorhandler(OSError)
    def _unavailable(error: Exception) -> Response:
        known = isinstance(error, UNAVAILABLE)
        _logger.error("store_unavailable", reason=str(error), exc_info=None if known else error)
        return unavailable(error).response()


def unavailable(error: Exception) -> Problem:
    """Return the answer while the database or the disk cannot be used.

    Nothing was saved, unless the database was lost at the very end; the same call again then
    tells: it changes nothing, or the state or the version refuses it.
    """
    detail = "Nothing was saved; please try again."
    if isinstance(error, CommitUnknown):
        detail = "It cannot be told whether this was saved; please look, or send the same again."
    return Problem(Kind.UNAVAILABLE, detail, headers={"Retry-After": "5"})
