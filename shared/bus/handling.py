"""What the worker knows about a batch without a bus: bodies, outcomes, and what they mean."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.bus import Delivery, Done, Handler, Outcome, Park, Retry
from shared.contracts.events import Event, EventError, decode


@dataclass(frozen=True, slots=True)
class Failed(Retry):
    """The handler raised: the message may be at fault, so this never counts as a store down."""


@dataclass(frozen=True, slots=True)
class Message:
    delivery: Delivery
    event: Event


Result = tuple[Message, Outcome]


def ask(handle: Handler, messages: Sequence[Message]) -> list[Result]:
    outcomes = handle([message.event for message in messages])
    if len(outcomes) != len(messages):
        raise RuntimeError(f"{len(outcomes)} outcomes for {len(messages)} events")
    return list(zip(messages, outcomes, strict=True))


def decoded(
    deliveries: Sequence[Delivery],
) -> tuple[list[Message], list[tuple[Delivery, Park]]]:
    messages: list[Message] = []
    bad: list[tuple[Delivery, Park]] = []
    for delivery in deliveries:
        try:
            messages.append(Message(delivery, decode(delivery.body)))
        except EventError as error:
            bad.append((delivery, Park(str(error))))
    return messages, bad


def apart(results: Sequence[Result]) -> tuple[list[Result], list[Result]]:
    """Return what waits for the store, and what has its outcome, if the store is down.

    Without any plain ``Retry`` nothing says that it is. One that failed waits with the others.
    """
    if not any(type(outcome) is Retry for _, outcome in results):
        return [], list(results)
    waiting = [result for result in results if isinstance(result[1], Retry)]
    return waiting, [result for result in results if not isinstance(result[1], Retry)]


def done_any(results: Sequence[Result]) -> bool:
    """Tell whether the store took one. Park says nothing of it: what is unfit never gets there."""
    return any(isinstance(outcome, Done) for _, outcome in results)


def short(event: Event) -> str:
    return event.type.removeprefix("vn.bantin.").rpartition(".v")[0]


def name_of(outcome: Outcome) -> str:
    return "retry" if isinstance(outcome, Retry) else type(outcome).__name__.lower()
