"""One page of the site, from its path to its bytes, out of current state."""

from services.render.feeds import Feeds
from services.render.leases import Written
from services.render.pages import Pages
from services.render.paths import Kind, Page
from services.render.reader import Reader
from services.render.settings import Settings
from services.render.state import Section


class Drawing:
    """Draws the pages of one batch: categories are read once for all of them."""

    def __init__(self, reader: Reader, pages: Pages, feeds: Feeds, settings: Settings) -> None:
        self._reader = reader
        self._pages = pages
        self._feeds = feeds
        self._settings = settings
        self._sections = reader.sections()
        self._by_slug = {section.slug: section for section in self._sections}
        self._names = {section.slug: section.name for section in self._sections}

    def draw(self, page: Page) -> tuple[bytes | None, Written | None]:
        """Return the page, None if there should be none, and the article it delivers."""
        if page.kind is Kind.ARTICLE:
            return self._article(page)
        if page.slug:
            section = self._by_slug.get(page.slug)
            return (None if section is None else self._of_category(page, section)), None
        return self._of_site(page), None

    def _article(self, page: Page) -> tuple[bytes | None, Written | None]:
        found = self._reader.shown(page.path)
        if found is None:
            return None, None
        resident, shown = found
        written = Written(resident.id, resident.version)
        return (None if shown is None else self._pages.article(self._sections, shown)), written

    def _of_category(self, page: Page, section: Section) -> bytes | None:
        reader, slug = self._reader, section.slug
        if page.kind is Kind.CATEGORY_FEED:
            cards = reader.newest(self._settings.render_feed_size, slug)
            return self._feeds.rss(cards, self._names, section)
        if page.kind is Kind.CATEGORY:
            cards = reader.newest(self._settings.render_list_size, slug)
            return self._pages.category(self._sections, section, cards, reader.months(slug))
        cards = reader.of_month(page.when, slug)
        if not cards:
            return None
        around = reader.around_month(page.when, slug)
        return self._pages.category_month(self._sections, section, page.when, cards, around)

    def _of_site(self, page: Page) -> bytes | None:
        if page.kind is Kind.HOME:
            return self._home()
        if page.kind is Kind.DAY:
            cards = self._reader.of_day(page.when)
            days = self._reader.days_of(page.when[:7])
            return self._pages.day(self._sections, page.when, cards, days) if cards else None
        if page.kind is Kind.MONTH:
            cards = self._reader.of_month(page.when)
            around = self._reader.around_month(page.when)
            return self._pages.month(self._sections, page.when, cards, around) if cards else None
        return self._feed(page)

    def _feed(self, page: Page) -> bytes | None:
        if page.kind is Kind.FEED:
            cards = self._reader.newest(self._settings.render_feed_size)
            return self._feeds.rss(cards, self._names, None)
        if page.kind is Kind.SITEMAP:
            return self._feeds.sitemap(self._reader.months())
        if page.kind is Kind.SITEMAP_PAGES:
            return self._feeds.sitemap_pages(self._sections)
        if page.kind is Kind.SITEMAP_MONTH:
            updates = self._reader.updates_of(page.when)
            return self._feeds.sitemap_month(updates) if updates else None
        return self._feeds.robots()

    def _home(self) -> bytes:
        settings = self._settings
        newest = self._reader.newest(settings.render_home_newest)
        blocks = {
            section.slug: self._reader.newest(settings.render_home_category, section.slug)
            for section in self._sections
        }
        return self._pages.home(self._sections, newest, blocks)
