"""The broker killed, held or short of disk: whoever asks is told the truth, and nothing is lost."""

import time

import pytest

from tests.deployment import wait_for
from tests.faults.faults import CONFIRM_SECONDS, broker_killed, broker_paused, disk_alarm
from tests.faults.site import Site

pytestmark = [pytest.mark.crash, pytest.mark.timeout(600)]
_SOME = 6
"""Lines that have to be accepted while the broker cannot take their events."""


def test_a_broker_killed_and_started_again_during_an_import_loses_nothing(site: Site) -> None:
    with site.suffering(broker_killed(site.servers)) as trickle:
        before = len(trickle.imported)
        trickle.refused()
        wait_for(lambda: len(trickle.imported) >= before + _SOME)
        wait_for(lambda: not site.deployment.says_ready("ingest-relay"))
        assert site.deployment.answers(), "readers go on reading"


def test_a_broker_held_until_confirms_are_given_up_loses_and_doubles_nothing(site: Site) -> None:
    with site.suffering(broker_paused(site.servers)) as trickle:
        since, before = time.monotonic(), len(trickle.imported)
        trickle.refused()
        wait_for(lambda: len(trickle.imported) >= before + _SOME)
        wait_for(lambda: not site.deployment.says_ready("ingest-relay"))
        wait_for(lambda: time.monotonic() > since + CONFIRM_SECONDS + 1)
        assert site.deployment.answers(), "readers go on reading"


def test_while_the_broker_is_short_of_disk_articles_are_taken_and_views_refused(site: Site) -> None:
    with site.suffering(disk_alarm(site.servers)) as trickle:
        before = len(trickle.imported)
        trickle.refused()
        wait_for(lambda: len(trickle.imported) >= before + _SOME)
        wait_for(lambda: not site.deployment.says_ready("ingest-relay"))
        assert site.deployment.answers(), "readers go on reading"
