"""The counter as a picture (pure), for readers without script."""

from html import escape

from services.visits.counting import Totals
from shared.i18n import number, text

_TEMPLATE = """\
<svg xmlns="http://www.w3.org/2000/svg" width="320" height="60" viewBox="0 0 320 60" role="img" \
lang="vi"><title>{title}</title><rect width="320" height="60" fill="#fff"/>\
<g font-family="system-ui, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif" font-size="17" \
fill="#1b1b1b"><text x="8" y="24">{total_label}</text><text x="8" y="48">{current_label}</text>\
<g font-weight="700" text-anchor="end"><text x="312" y="24">{total}</text>\
<text x="312" y="48">{current}</text></g></g></svg>
"""


def draw(totals: Totals | None) -> str:
    """Return the SVG with the site's totals; dashes where they are not known now."""
    labels = text("Visits in total"), text("Visitors now")
    values = ("–", "–") if totals is None else (number(totals.total), number(totals.current))
    said = ", ".join(f"{label}: {value}" for label, value in zip(labels, values, strict=True))
    return _TEMPLATE.format(
        title=escape(f"{text('Visit statistics')} – {said}"),
        total_label=escape(labels[0]),
        current_label=escape(labels[1]),
        total=values[0],
        current=values[1],
    )
