from services.render.manifest import compare
from shared.contracts.events import ArticlesManifest, ManifestEntry, ManifestState
from tests.factories import an_id

FIRST, SECOND, THIRD, FOURTH = sorted(an_id(number) for number in range(4))


def manifest(*entries: ManifestEntry) -> ArticlesManifest:
    return ArticlesManifest(first=FIRST, last=FOURTH, entries=entries)


def test_what_is_missing_or_older_is_asked_for_again() -> None:
    drift = compare(
        manifest(
            ManifestEntry(id=FIRST, version=2, state=ManifestState.LIVE),
            ManifestEntry(id=SECOND, version=2, state=ManifestState.GONE),
            ManifestEntry(id=THIRD, version=2, state=ManifestState.LIVE),
        ),
        [
            ManifestEntry(id=SECOND, version=1, state=ManifestState.LIVE),
            ManifestEntry(id=THIRD, version=2, state=ManifestState.LIVE),
        ],
    )
    assert drift.behind == (FIRST, SECOND)
    assert drift.ahead == drift.unlisted == ()


def test_what_is_newer_here_or_not_listed_is_for_people_to_look_at() -> None:
    drift = compare(
        manifest(ManifestEntry(id=FIRST, version=2, state=ManifestState.LIVE)),
        [
            ManifestEntry(id=FIRST, version=3, state=ManifestState.LIVE),
            ManifestEntry(id=FOURTH, version=1, state=ManifestState.LIVE),
        ],
    )
    assert drift.behind == ()
    assert drift.ahead == (FIRST,)
    assert drift.unlisted == (FOURTH,)
