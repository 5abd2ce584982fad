"""What the worker knows about a batch without a bus: bodies, outcomes, and what they mean."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.bus import Delivery, Handler, Outcome, Park, Retry
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


def store_is_down(results: Sequence[Result]) -> bool:
    outcomes = [outcome for _, outcome in results]
    return all(isinstance(outcome, Retry) for outcome in outcomes) and any(
        type(outcome) is Retry for outcome in outcomes
    )


def short(event: Event) -> str:
    return event.type.removeprefix("vn.bantin.").rpartition(".v")[0]


def name_of(outcome: Outcome) -> str:
    return "retry" if isinstance(outcome, Retry) else type(outcome).__name__.lower()
