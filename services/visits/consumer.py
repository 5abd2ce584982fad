"""Page views in, counts out. Safe to repeat: every view's id is counted once."""

from collections.abc import Sequence

from services.visits.counting import local_day, refusal
from services.visits.store import Store
from shared import metrics
from shared.bus import Done, Outcome, Park, Retry
from shared.clock import Clock
from shared.contracts.events import Event, PageViewed
from shared.database import UNAVAILABLE


def handle(events: Sequence[Event], store: Store, clock: Clock) -> list[Outcome]:
    """Count a batch in one transaction; return one outcome for each event, in order."""
    now = clock()
    today = local_day(now)
    done: Outcome = Done()
    views: list[PageViewed] = []
    outcomes: list[Outcome] = []
    for event in events:
        if not isinstance(event.data, PageViewed):
            outcomes.append(Park("not a page view"))
        elif reason := refusal(event.data, today):
            outcomes.append(Park(reason))
        else:
            views.append(event.data)
            outcomes.append(done)
    try:
        if views:
            counted = store.count(views, now)
            metrics.REPEATS.labels("visits").inc(len(views) - counted)
    except UNAVAILABLE:
        later = Retry("the visits database is unavailable")
        return [later if outcome is done else outcome for outcome in outcomes]
    return outcomes
