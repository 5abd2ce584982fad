"""Taking a picture in: files first, then the row that makes them known."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from services.ingest.pictures import make_files
from services.ingest.records import Media
from services.ingest.store.files import Files
from services.ingest.store.store import Store
from shared.contracts.documents import Rendition


class OtherPicture(Exception):  # noqa: N818 - an answer, not a mistake
    """The uuid belongs to another picture, which readers' browsers may keep for a year."""


@dataclass(frozen=True, slots=True)
class SavedMedia:
    media: Media
    created: bool


def save_media(store: Store, files: Files, media_id: UUID, data: bytes, pixels: int) -> SavedMedia:
    """Keep a picture with its renditions, durably. The same bytes again change nothing.

    Raises OtherPicture, and what ``pictures.make_files`` raises. A crash before the row leaves
    files that nothing names; sending the picture again finds and completes them.
    """
    digest = hashlib.sha256(data).hexdigest()
    known = store.media(media_id)
    if known is not None and known.digest != digest:
        raise OtherPicture
    if known is not None and files.has(digest, (file.name for file in known.files)):
        return SavedMedia(known, created=False)
    original, *renditions = make_files(data, pixels=pixels)
    for file in (original, *renditions):
        files.write(digest, file.name, file.data)
    with store.unit() as unit:
        there = unit.media([media_id]).get(media_id)
        if there is not None:
            if there.digest != digest:
                raise OtherPicture
            return SavedMedia(there, created=False)
        made = Media(
            id=media_id,
            digest=digest,
            media_type=original.media_type,
            width=original.width,
            height=original.height,
            renditions=tuple(
                Rendition(
                    name=file.name,
                    href=f"/media/{media_id}/{file.name}",
                    width=file.width,
                    height=file.height,
                    media_type=file.media_type,
                )
                for file in renditions
            ),
            created_at=unit.now,
        )
        unit.add_media(made)
    return SavedMedia(made, created=True)
