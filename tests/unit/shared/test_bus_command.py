"""``python -m shared.bus`` on a real bus in a folder of its own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.bus import Bus, Park, open_bus
from shared.bus.__main__ import main
from shared.bus.topology import QUEUES
from tests.factories import an_id, published


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    monkeypatch.chdir(tmp_path)
    url = f"sqlite://{tmp_path / 'bus'}"
    monkeypatch.setenv("BANTIN_BUS", url)
    opened = open_bus(url)
    yield opened
    opened.close()


def park(bus: Bus, queue: str, *reasons: str) -> list[int]:
    bus.publish([published(number) for number in range(len(reasons))])
    subscription = bus.subscribe(QUEUES[queue])
    batch = subscription.fetch(len(reasons), 10)
    subscription.settle(
        [(delivery, Park(reason)) for delivery, reason in zip(batch, reasons, strict=True)]
    )
    subscription.close()
    return [letter.id for letter in bus.dead_letters.list(queue)][-len(reasons) :]


def test_the_list_names_each_letter_with_its_event_and_reason(
    bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = park(bus, "render.live", "no title", "no body")
    assert main(["deadletters", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[0] == str(first)
    assert "article.published.v1" in lines[1]
    assert lines[1].endswith("no title")
    assert lines[2].split()[0] == str(second)
    assert lines[3] == "2 of 2 dead letters"


def test_the_list_can_be_of_one_queue_and_shortened(
    bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    park(bus, "render.live", "one", "two")
    assert main(["deadletters", "list", "--queue", "indexing.live"]) == 0
    assert capsys.readouterr().out.endswith("0 of 0 dead letters\n")
    assert main(["deadletters", "list", "--limit", "1"]) == 0
    assert capsys.readouterr().out.endswith("1 of 2 dead letters\n")


def test_as_json_each_letter_is_an_object_a_line(
    bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    (parked,) = park(bus, "render.live", "không có tiêu đề")
    assert main(["deadletters", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["id"] == parked
    assert found["reason"] == "không có tiêu đề"
    assert found["event"]["subject"] == str(an_id(0))
    assert len(found["history"]) == 1


def test_show_tells_the_history_and_the_body(bus: Bus, capsys: pytest.CaptureFixture[str]) -> None:
    (parked,) = park(bus, "render.live", "no title")
    assert main(["deadletters", "show", str(parked)]) == 0
    shown = capsys.readouterr().out
    assert "delivery 1: no title" in shown
    assert "Khánh thành cầu Bến Đá" in shown
    assert main(["deadletters", "show", "--all", "--json"]) == 0
    assert str(an_id(0)) in json.loads(capsys.readouterr().out)["body"]


def test_replay_puts_a_letter_back_and_drop_deletes_it(
    bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third = park(bus, "render.live", "one", "two", "three")
    assert main(["deadletters", "replay", str(first)]) == 0
    assert main(["deadletters", "drop", str(second)]) == 0
    assert capsys.readouterr().out == "1 replayed\n1 dropped\n"
    assert bus.depths()["render.live"] == 1
    assert [letter.id for letter in bus.dead_letters.list()] == [third]


def test_all_letters_of_one_queue_are_replayed_and_no_others(
    bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    park(bus, "render.live", "one", "two", "three")
    park(bus, "indexing.live", "one", "two", "three")
    assert main(["deadletters", "replay", "--all", "--queue", "render.live"]) == 0
    assert capsys.readouterr().out == "3 replayed\n"
    assert bus.dead_letters.counts() == {"indexing.live": 3}
    assert main(["deadletters", "drop", "--all"]) == 0
    assert bus.dead_letters.counts() == {}


def test_depths_tell_messages_and_dead_letters_of_every_queue(
    bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    park(bus, "render.live", "one", "two")
    assert main(["depths", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == set(QUEUES)
    assert found["render.live"] == {"messages": 0, "dead_letters": 2}
    assert found["indexing.live"] == {"messages": 2, "dead_letters": 0}
    assert main(["depths"]) == 0
    assert "indexing.live                2             0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["replay"], "give either IDs or --all"),
        (["drop", "3", "--all"], "give either IDs or --all"),
        (["drop", "987654"], "no dead letter has the id 987654"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    bus: Bus, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    park(bus, "render.live", "one")
    assert main(["deadletters", *arguments]) == 1
    assert complaint in capsys.readouterr().err
    assert bus.dead_letters.counts() == {"render.live": 1}


def test_a_letter_of_another_queue_than_the_one_named_is_left_alone(
    bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    (parked,) = park(bus, "render.live", "one")
    assert main(["deadletters", "drop", str(parked), "--queue", "indexing.live"]) == 1
    assert "not of indexing.live" in capsys.readouterr().err
    assert bus.dead_letters.counts() == {"render.live": 1}


def test_a_bus_that_cannot_be_opened_is_said_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BANTIN_BUS", f"sqlite://{tmp_path / 'file' / 'bus'}")
    assert main(["depths"]) == 1
    assert "the bus cannot be opened" in capsys.readouterr().err
    monkeypatch.setenv("BANTIN_BUS", "pigeon://post")
    assert main(["depths"]) == 1
    assert "is no bus" in capsys.readouterr().err
