import unicodedata

import pytest

from services.indexing.documents import to_name, to_write
from shared.contracts.documents import CategoryLabel, Picture, Rendition
from shared.contracts.events import ArticlePublished, CategoryChanged, UnpublishType
from shared.index import CategoryName, Write
from tests.factories import NOON, an_id, published, unpublished


def _rendition(name: str, width: int) -> Rendition:
    return Rendition(
        name=name, href=f"/media/1/{name}", width=width, height=width, media_type="image/webp"
    )


def test_a_published_article_becomes_a_document_of_plain_text() -> None:
    event = published(
        7,
        version=3,
        body_html="<h2>Lễ khánh thành</h2><p>Cầu <b>Bến Đá</b> &amp; đường</p>",
        tags=("cầu",),
        by="Ngọc Hân",
    )
    write = to_write(event.data)
    assert (write.id, write.version, write.state) == (an_id(7), 3, "live")
    document = write.document
    assert document is not None
    assert document.body == "Lễ khánh thành\nCầu Bến Đá & đường"
    assert (document.title, document.url) == ("Khánh thành cầu Bến Đá", event.data.url)
    assert (document.category, document.category_label) == ("tin-tuc", "Tin tức")
    assert (document.published_at, document.tags, document.by) == (NOON, ("cầu",), "Ngọc Hân")
    assert document.image is None


def test_decomposed_text_is_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "Bến Đá")
    document = to_write(published(title=decomposed, tags=(decomposed,)).data).document
    assert document is not None
    assert (document.title, document.tags) == ("Bến Đá", ("Bến Đá",))


@pytest.mark.parametrize("how", UnpublishType)
def test_an_article_taken_back_for_any_reason_becomes_a_tombstone(how: UnpublishType) -> None:
    assert to_write(unpublished(7, version=4, unpublish_type=how).data) == Write(
        an_id(7), 4, None, how.value
    )


@pytest.mark.parametrize(
    ("widths", "image"),
    [
        ((), "/media/1"),
        ((1200, 400, 160), "/media/1/w400"),
        ((160, 200), "/media/1/w200"),
    ],
)
def test_the_picture_of_a_result_is_the_narrowest_that_is_sharp(
    widths: tuple[int, ...], image: str
) -> None:
    picture = Picture(href="/media/1", renditions=tuple(_rendition(f"w{w}", w) for w in widths))
    for event in (published(pictures=(picture,)), published(body_pictures=(picture,))):
        document = to_write(event.data).document
        assert document is not None
        assert document.image == image


def test_a_changed_category_becomes_a_name() -> None:
    label = CategoryLabel(slug="tin-tuc", name="Tin trong xã")
    assert to_name(CategoryChanged(category=label, position=1, version=9)) == CategoryName(
        "tin-tuc", "Tin trong xã", 9, position=1
    )


def test_the_same_event_always_gives_the_same_write() -> None:
    data = published().data
    assert isinstance(data, ArticlePublished)
    assert to_write(data) == to_write(ArticlePublished.model_validate_json(data.model_dump_json()))
