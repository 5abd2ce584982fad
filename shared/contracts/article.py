"""The document an editor or another system sends: IPTC ninjs 3.1 in a stricter profile.

ninjs 3.1: https://iptc.org/std/ninjs/. Stricter means that every field not named here is refused,
that there is one main headline and one body, and that every moment has a zone. Text comes out
as Unicode NFC without control characters and lone surrogates, which XML forbids.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    ValidationError,
)
from pydantic.alias_generators import to_camel

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"\s+")
_RFC3339 = re.compile(
    r"(19|20|21)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)",
    re.IGNORECASE | re.ASCII,
)
_MEDIA_HREF = re.compile(
    r"/media/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?:/[a-z0-9-]+)?"
)
_URN = "urn:uuid:"
_Item = TypeVar("_Item")
_NOTED: Final = frozenset({"standard", "$schema"})
"""What a ninjs document says about its own format: accepted at the top, and not kept."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A JSON pointer (RFC 6901) into the document, and what is wrong there."""

    pointer: str
    detail: str


class ContractError(ValueError):
    """The document does not keep to the profile; ``problems`` names every wrong field."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__("; ".join(f"{p.pointer}: {p.detail}" for p in problems))
        self.problems = tuple(problems)


def clean_text(text: str) -> str:
    """Return NFC text without control characters; line breaks and tabs stay."""
    return unicodedata.normalize("NFC", _CONTROLS.sub("", text))


def one_line(text: str) -> str:
    """Return clean text with every run of white space as one blank, and none at the ends."""
    return _SPACES.sub(" ", clean_text(text)).strip()


def media_id(href: str) -> UUID | None:
    """Return the uuid in ``/media/<uuid>`` or ``/media/<uuid>/<rendition>``; None otherwise."""
    found = _MEDIA_HREF.fullmatch(href)
    return UUID(found[1]) if found else None


def _rfc3339(value: object) -> object:
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise ValueError("a moment as in RFC 3339 with a zone is needed: 2026-03-14T08:00:00+07:00")
    return value.upper()


def _media_href(value: str) -> str:
    if media_id(value) is None:
        raise ValueError("the address of a picture is /media/<uuid>")
    return value


def _not_empty(items: tuple[_Item, ...]) -> tuple[_Item, ...]:
    """Refuse an empty list only where every item is good; else the items' errors are enough."""
    if not items:
        raise ValueError("at least one is needed")
    return items


Line = Annotated[str, AfterValidator(one_line)]
Word = Annotated[Line, Field(min_length=1, max_length=100)]
Name = Annotated[Line, Field(min_length=1, max_length=200)]
Title = Annotated[Line, Field(min_length=1, max_length=300)]
Lead = Annotated[Line, Field(max_length=5000)]
Address = Annotated[Line, Field(min_length=1, max_length=2000)]
MediaHref = Annotated[Address, AfterValidator(_media_href)]
Markup = Annotated[str, AfterValidator(clean_text), Field(min_length=1)]
Moment = Annotated[AwareDatetime, BeforeValidator(_rfc3339)]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
Pixels = Annotated[StrictInt, Field(ge=1, le=100_000)]


class Part(BaseModel):
    """Frozen; a field that is not named is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)


class Headline(Part):
    """Without a role, or with ``main``, it is the title; there is one such."""

    value: Title
    role: Word | None = None
    language: Language | None = None
    content_type: Literal["text/plain"] | None = None


class Summary(Part):
    """The lead (sapo)."""

    value: Lead
    role: Literal["summary"] = "summary"
    language: Language | None = None
    content_type: Literal["text/plain"] | None = None


class Body(Part):
    value: Markup
    content_type: Literal["text/html"]
    role: Word | None = None
    language: Language | None = None


class Source(Part):
    name: Name
    uri: Address | None = None


class Subject(Part):
    """The first is the category, by its name or slug; the others are tags."""

    name: Name
    uri: Address | None = None


class AltId(Part):
    """``legacy-url``: an address of an old portal that must answer 301 to this article."""

    value: Address
    role: Word | None = None


class PictureText(Part):
    """The caption, or with the role ``alt`` the alternative text, which else is the caption."""

    value: Lead
    role: Literal["caption", "alt"] = "caption"
    language: Language | None = None
    content_type: Literal["text/plain"] | None = None


class PictureRendition(Part):
    href: MediaHref
    name: Word | None = None
    content_type: Word | None = None
    width: Pixels | None = None
    height: Pixels | None = None


class Association(Part):
    """A picture beside the text; the first leads the page."""

    type: Literal["picture"] = "picture"
    renditions: Annotated[
        tuple[PictureRendition, ...], Field(max_length=20), AfterValidator(_not_empty)
    ]
    uri: Address | None = None
    name: Word | None = None
    descriptions: Annotated[tuple[PictureText, ...], Field(max_length=2)] = ()
    by: Name | None = None

    @property
    def media(self) -> UUID:
        """Return the picture's uuid, from its first rendition."""
        found = media_id(self.renditions[0].href)
        assert found is not None  # noqa: S101 - MediaHref has made sure
        return found

    def text(self, role: Literal["caption", "alt"]) -> str | None:
        return next((text.value for text in self.descriptions if text.role == role), None)


class Article(Part):
    """One news article as it was sent, checked. ``body`` is not sanitised yet."""

    uri: Annotated[str, Field(pattern=r"^urn:uuid:[0-9a-fA-F-]{36}$")] | None = None
    type: Literal["text"] = "text"
    pub_status: Literal["usable"] = "usable"
    language: Language = "vi"
    headlines: Annotated[tuple[Headline, ...], Field(max_length=10), AfterValidator(_not_empty)]
    descriptions: Annotated[tuple[Summary, ...], Field(max_length=1)] = ()
    bodies: Annotated[tuple[Body, ...], Field(max_length=1), AfterValidator(_not_empty)]
    by: Name | None = None
    info_sources: Annotated[tuple[Source, ...], Field(max_length=20)] = ()
    subjects: Annotated[tuple[Subject, ...], Field(max_length=50), AfterValidator(_not_empty)]
    content_created: Moment
    associations: Annotated[tuple[Association, ...], Field(max_length=100)] = ()
    alt_ids: Annotated[tuple[AltId, ...], Field(max_length=50)] = ()
    expires: Moment | None = None

    @property
    def title(self) -> str:
        return next(h.value for h in self.headlines if h.role in {None, "main"})

    @property
    def summary(self) -> str:
        return self.descriptions[0].value if self.descriptions else ""

    @property
    def body(self) -> str:
        return self.bodies[0].value

    @property
    def legacy_urls(self) -> tuple[str, ...]:
        return tuple(alt.value for alt in self.alt_ids if alt.role == "legacy-url")

    def with_body(self, html: str) -> "Article":
        """Return the same article with another body."""
        body = self.bodies[0].model_copy(update={"value": html})
        return self.model_copy(update={"bodies": (body,)})

    def encode(self) -> str:
        """Return it as ninjs JSON, always in the same form, without what was not given."""
        return self.model_dump_json(by_alias=True, exclude_none=True)


def parse_article(document: object, article_id: UUID | None = None) -> tuple[UUID, Article]:
    """Check a decoded JSON document; return the article's id and the article.

    The id is in ``uri`` or given (then ``uri`` may be left out, and must agree if it is there).
    Raises ContractError for everything else that can be wrong.
    """
    if isinstance(document, dict):
        document = {key: value for key, value in document.items() if key not in _NOTED}
    try:
        article = Article.model_validate(document)
    except ValidationError as error:
        raise ContractError(_problems(error)) from error
    problems = [*_identity(article, article_id), *_cross_checks(article)]
    if problems:
        raise ContractError(problems)
    found = article_id or UUID((article.uri or "").removeprefix(_URN))
    return found, article.model_copy(update={"uri": f"{_URN}{found}"})


def _identity(article: Article, article_id: UUID | None) -> list[FieldProblem]:
    if article.uri is None:
        if article_id is None:
            return [FieldProblem("/uri", "is needed here: urn:uuid:<uuid>")]
        return []
    try:
        found = UUID(article.uri.removeprefix(_URN))
    except ValueError:
        return [FieldProblem("/uri", "is no urn:uuid:<uuid>")]
    if article_id is not None and found != article_id:
        return [FieldProblem("/uri", f"is another article than {article_id}")]
    return []


def _cross_checks(article: Article) -> list[FieldProblem]:
    found = []
    main = sum(headline.role in {None, "main"} for headline in article.headlines)
    if main != 1:
        found.append(FieldProblem("/headlines", f"one main headline is needed; there are {main}"))
    for index, association in enumerate(article.associations):
        at = f"/associations/{index}"
        roles = [text.role for text in association.descriptions]
        if len(set(roles)) != len(roles):
            found.append(FieldProblem(f"{at}/descriptions", "two have the same role"))
        if len({media_id(rendition.href) for rendition in association.renditions}) != 1:
            found.append(FieldProblem(f"{at}/renditions", "they belong to different pictures"))
    return found


def _problems(error: ValidationError) -> list[FieldProblem]:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [
        FieldProblem(
            "".join(f"/{_escape(p)}" for p in e["loc"]), e["msg"].removeprefix("Value error, ")
        )
        for e in found
    ]


def _escape(part: int | str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
