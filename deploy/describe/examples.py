"""Examples for the HTTP API's description, written for this project. Pure data."""

import json
from typing import Final

from deploy.describe.form import Json

ARTICLE_ID: Final = "3f6c2a1e-8d47-4b0a-9c55-1e7a20d4b9f3"
MEDIA_ID: Final = "8a1d5c90-42be-4f6e-b7d2-60c3f1e9a275"
URL: Final = "/tin/khanh-thanh-cau-ben-da-2kczyv2bp4/"

ARTICLE: Final[Json] = {
    "type": "text",
    "language": "vi",
    "headlines": [{"value": "Khánh thành cầu Bến Đá"}],
    "descriptions": [
        {"role": "summary", "value": "Cây cầu nối hai thôn Thượng và Hạ sau ba năm xây dựng."}
    ],
    "bodies": [
        {
            "contentType": "text/html",
            "value": "<h2>Niềm vui hai bờ</h2><p>Sáng nay, xã tổ chức lễ khánh thành cầu Bến Đá."
            "</p><ul><li>Dài 86 m</li><li>Rộng 5 m</li></ul>",
        }
    ],
    "contentCreated": "2026-03-14T08:00:00+07:00",
    "by": "Minh Châu",
    "infoSources": [{"name": "Đài truyền thanh xã"}],
    "subjects": [{"name": "Tin tức"}, {"name": "giao thông"}],
    "altIds": [{"role": "legacy-url", "value": "/?gd=1&cn=28&id=41&tc=1093"}],
}
PUBLISH: Final[Json] = {"update_type": "major", "change_note": "Bổ sung chiều dài của cầu."}
UNPUBLISH: Final[Json] = {"type": "withdrawal", "explanation": "Số liệu đang được kiểm tra lại."}
CATEGORY: Final[Json] = {"name": "Tin tức", "position": 0}
CATEGORY_SHOWN: Final[Json] = {"slug": "tin-tuc", **CATEGORY, "version": 1773450000000}
VIEW: Final[Json] = {"path": URL, "id": "c7b6a1d2-93f4-4e58-8b0c-5d21e6f7a390"}
LINES: Final = json.dumps({"uri": f"urn:uuid:{ARTICLE_ID}", **ARTICLE}, ensure_ascii=False) + "\n"

SUMMARY: Final[Json] = {
    "id": ARTICLE_ID,
    "version": 1773450061234,
    "edition": 2,
    "state": "published",
    "url": URL,
    "title": "Khánh thành cầu Bến Đá",
    "category": "tin-tuc",
    "draft": False,
    "live": True,
    "scheduled_at": None,
    "unpublish": None,
    "first_published_at": "2026-03-14T01:01:01.234Z",
    "created_at": "2026-03-14T00:40:12.006Z",
    "updated_at": "2026-03-14T01:01:01.234Z",
}
DELIVERY: Final[Json] = {
    "accepted": "2026-03-14T01:01:01.234Z",
    "indexed": "2026-03-14T01:01:01.390Z",
    "rendered": None,
}
FULL: Final[Json] = SUMMARY | {
    "article": {"uri": f"urn:uuid:{ARTICLE_ID}", **ARTICLE},
    "saved_at": "2026-03-14T00:58:40.118Z",
    "saved_by": "ban-bien-tap",
    "delivery": DELIVERY,
}
HISTORY: Final[Json] = {
    "id": ARTICLE_ID,
    "history": [
        {
            "version": 1773450061234,
            "action": "published",
            "edition": 2,
            "who": "ban-bien-tap",
            "at": "2026-03-14T01:01:01.234Z",
            "update_type": "major",
            "url": URL,
            "delivery": DELIVERY,
        }
    ],
}
MEDIA: Final[Json] = {
    "id": MEDIA_ID,
    "href": f"/media/{MEDIA_ID}",
    "media_type": "image/jpeg",
    "width": 1600,
    "height": 1067,
    "renditions": [
        {
            "name": "original",
            "href": f"/media/{MEDIA_ID}",
            "width": 1600,
            "height": 1067,
            "media_type": "image/jpeg",
        },
        {
            "name": "web",
            "href": f"/media/{MEDIA_ID}/web",
            "width": 1280,
            "height": 854,
            "media_type": "image/webp",
        },
    ],
}
RESULT_LINES: Final = (
    json.dumps({"line": 1, "id": ARTICLE_ID, "status": 201, "version": 1773450061234, "url": URL})
    + "\n"
)
RESULTS: Final[Json] = {
    "total": 1,
    "page": 1,
    "per_page": 20,
    "suggestion": None,
    "results": [
        {
            "id": ARTICLE_ID,
            "url": URL,
            "title": "Khánh thành cầu Bến Đá",
            "summary": "Cây cầu nối hai thôn Thượng và Hạ sau ba năm xây dựng.",
            "highlights": {
                "title": "Khánh thành <mark>cầu</mark> <mark>Bến</mark> <mark>Đá</mark>",
                "body": ["Sáng nay, xã tổ chức lễ khánh thành <mark>cầu</mark> …"],
            },
            "category": "tin-tuc",
            "published_at": "2026-03-14T08:00:00+07:00",
            "image": f"/media/{MEDIA_ID}/thumb",
        }
    ],
    "facets": {
        "category": [{"value": "tin-tuc", "label": "Tin tức", "count": 1}],
        "year": [{"value": "2026", "label": "2026", "count": 1}],
    },
}
COMPLETIONS: Final[Json] = {"completions": [{"title": "Khánh thành cầu Bến Đá", "url": URL}]}
TOTALS: Final[Json] = {
    "total": 9828102,
    "current": 48,
    "today": 1320,
    "yesterday": 2718,
    "this_month": 30112,
    "as_of": "2026-03-14T08:15:30.512+00:00",
}
QUEUED: Final[Json] = {"id": VIEW["id"], "status": "queued"}
