"""Articles and lists as HTML pages. Pure: the same state gives the same bytes."""

import calendar
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from services.render import body as bodies
from services.render import paths
from services.render.state import Card, Section, Shown
from shared import theme
from shared.i18n import local, text

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    label: str


class Pages:
    """Draws pages. ``public_url`` begins absolute addresses and has no slash at its end."""

    def __init__(self, *, site_name: str, public_url: str) -> None:
        self._environment: Environment = theme.environment(
            TEMPLATES, site_name=site_name, public_url=public_url
        )
        self._site_name = site_name
        self._public_url = public_url

    def home(
        self, sections: Sequence[Section], newest: Sequence[Card], blocks: Mapping[str, list[Card]]
    ) -> bytes:
        """Return the home page; categories without news have no block."""
        shown = [
            {"slug": s.slug, "name": s.name, "url": paths.category(s.slug), "cards": blocks[s.slug]}
            for s in sections
            if blocks.get(s.slug)
        ]
        dates = _dates(newest[0].moment.date().isoformat()) if newest else {}
        return self._draw("home", sections, path=paths.HOME, newest=newest, blocks=shown, **dates)

    def article(self, sections: Sequence[Section], shown: Shown) -> bytes:
        """Return an article's page, with a banner if it was withdrawn."""
        body = shown.body
        pictures = [bodies.image(picture) for picture in body.pictures]
        slug = body.category.slug
        name = _names(sections).get(slug, body.category.name)
        day = local(body.created).date().isoformat()
        return self._draw(
            "article",
            sections,
            path=shown.url,
            body=body,
            html=Markup(bodies.html(body)),  # noqa: S704 - sanitised by ingest
            lead=pictures[0] if pictures else None,
            more_pictures=pictures[1:],
            byline=bodies.byline(body),
            section={"name": name, "url": paths.category(slug)},
            created=local(body.created).isoformat(timespec="seconds"),
            day=day,
            withdrawn=shown.withdrawn,
            explanation=shown.explanation,
            others=shown.others,
            linked_data=self._linked_data(shown, name, pictures),
            **_dates(day),
        )

    def category(
        self,
        sections: Sequence[Section],
        section: Section,
        cards: Sequence[Card],
        months: Sequence[str],
    ) -> bytes:
        """Return a category's first page; ``months`` are all that have news, newest first."""
        years = [
            (
                year,
                [Link(paths.category_month(section.slug, m), month_label(m)) for m in group],
            )
            for year, group in groupby(months, key=lambda month: month[:4])
        ]
        return self._draw(
            "category",
            sections,
            path=paths.category(section.slug),
            section=section,
            cards=cards,
            years=years,
            feed=paths.category_feed(section.slug),
        )

    def category_month(
        self,
        sections: Sequence[Section],
        section: Section,
        month: str,
        cards: Sequence[Card],
        around: tuple[str | None, str | None],
    ) -> bytes:
        """Return a category's news of one month; ``around`` are the months before and after."""
        slug = section.slug
        before, after = (
            Link(paths.category_month(slug, one), month_label(one)) if one else None
            for one in around
        )
        return self._draw(
            "category_month",
            sections,
            path=paths.category_month(slug, month),
            section={"name": section.name, "url": paths.category(slug)},
            heading=month_label(month),
            cards=cards,
            before=before,
            after=after,
            month_link=_month_link(month),
        )

    def day(
        self, sections: Sequence[Section], day: str, cards: Sequence[Card], days: set[str]
    ) -> bytes:
        """Return a day's page; ``days`` are those of its month that have news."""
        return self._draw(
            "day",
            sections,
            path=paths.day(day),
            heading=day_label(day),
            cards=cards,
            month=_calendar(day[:7], days, day),
            month_link=_month_link(day[:7]),
        )

    def month(
        self,
        sections: Sequence[Section],
        month: str,
        cards: Sequence[Card],
        around: tuple[str | None, str | None],
    ) -> bytes:
        """Return a month's page: its calendar and all its news, newest first."""
        days = [
            (Link(paths.day(day), day_label(day)), list(items))
            for day, items in groupby(cards, key=lambda card: card.moment.date().isoformat())
        ]
        with_news = {card.moment.date().isoformat() for card in cards}
        before, after = (_month_link(one) if one else None for one in around)
        return self._draw(
            "month",
            sections,
            path=paths.month(month),
            heading=month_news(month),
            month=_calendar(month, with_news, None),
            days=days,
            before=before,
            after=after,
        )

    def message(
        self,
        sections: Sequence[Section],
        heading: str,
        text: str,
        *,
        explanation: str | None = None,
        links: Sequence[Link] = (),
    ) -> bytes:
        """Return the page that stands where there is none."""
        return self._draw(
            "message", sections, heading=heading, text=text, explanation=explanation, links=links
        )

    def _draw(self, template: str, sections: Sequence[Section], **values: Any) -> bytes:
        navigation = [Link(paths.category(s.slug), s.name) for s in sections]
        shown = [{"url": link.url, "name": link.label} for link in navigation]
        page = self._environment.get_template(f"{template}.html")
        drawn = page.render(navigation=shown, names=_names(sections), **values)
        return drawn.encode("utf-8", "replace")

    def _linked_data(self, shown: Shown, section: str, pictures: Sequence[bodies.Image]) -> Markup:
        """Return schema.org NewsArticle as JSON-LD (https://schema.org/NewsArticle)."""
        body = shown.body
        publisher = {"@type": "Organization", "name": self._site_name, "url": self._public_url}
        data: dict[str, Any] = {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "@id": f"urn:uuid:{shown.id}",
            "mainEntityOfPage": self._public_url + shown.url,
            "headline": body.title,
            "description": body.summary,
            "datePublished": local(body.created).isoformat(timespec="seconds"),
            "dateModified": shown.updated,
            "inLanguage": body.language,
            "articleSection": section,
            "publisher": publisher,
            "author": {"@type": "Person", "name": body.by} if body.by else publisher,
        }
        if body.tags:
            data["keywords"] = list(body.tags)
        if pictures:
            data["image"] = [self._public_url + picture.src for picture in pictures]
        written = json.dumps(data, ensure_ascii=False)
        # Inside a script element only these could end it or open a comment.
        safe = written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
        return Markup(safe)  # noqa: S704 - JSON, and no markup is left in it


def month_label(month: str) -> str:
    """Return «Tháng 3/2026»."""
    return text("Month %(month)s/%(year)s", month=int(month[5:7]), year=month[:4])


def month_news(month: str) -> str:
    """Return «Tin tháng 3/2026»."""
    return text("News of the month %(month)s", month=f"{int(month[5:7])}/{month[:4]}")


def day_label(day: str) -> str:
    """Return «Tin ngày 14/03/2026»."""
    return text("News of %(day)s", day="/".join(reversed(day.split("-"))))


def _month_link(month: str) -> Link:
    return Link(paths.month(month), month_news(month))


def _dates(day: str) -> dict[str, Link]:
    return {
        "day_link": Link(paths.day(day), day_label(day)),
        "month_link": _month_link(day[:7]),
    }


def _names(sections: Sequence[Section]) -> dict[str, str]:
    return {section.slug: section.name for section in sections}


def _calendar(month: str, days: set[str], current: str | None) -> dict[str, Any]:
    year, number = int(month[:4]), int(month[5:7])
    weeks = [
        [
            {
                "number": day,
                "url": paths.day(name) if (name := f"{month}-{day:02}") in days else None,
                "current": name == current,
            }
            for day in week
        ]
        for week in calendar.Calendar().monthdayscalendar(year, number)
    ]
    weekdays = [
        (text("Mon"), text("Monday")),
        (text("Tue"), text("Tuesday")),
        (text("Wed"), text("Wednesday")),
        (text("Thu"), text("Thursday")),
        (text("Fri"), text("Friday")),
        (text("Sat"), text("Saturday")),
        (text("Sun"), text("Sunday")),
    ]
    return {"year": month[:4], "number": number, "weeks": weeks, "weekdays": weekdays}
