"""The bytes of a published message, held to those that py-amqp writes for the same."""

from types import SimpleNamespace
from typing import NamedTuple

import amqp
from amqp import spec
from amqp.method_framing import frame_writer
from amqp.serialization import dumps
from hypothesis import example, given
from hypothesis import strategies as st

from shared.bus.rabbitmq.frames import publishing

FRAME_MAX = 4096
"""The smallest that a broker may ask for."""
SHORT = st.text(st.characters(codec="utf-8"), max_size=40)


class Published(NamedTuple):
    channel: int = 1
    exchange: str = "bantin.events"
    key: str = "live.render.article.published"
    body: bytes = b""
    message_id: str = "one"
    headers: dict[str, str | int] = {}  # noqa: RUF012 - nobody changes it


ANY = st.builds(
    Published,
    channel=st.integers(1, 2047),
    exchange=SHORT,
    key=SHORT,
    body=st.builds(lambda part, times: part * times, st.binary(max_size=200), st.integers(1, 100)),
    message_id=SHORT,
    headers=st.dictionaries(SHORT, st.one_of(SHORT, st.integers(0, 2**31 - 1)), max_size=4),
)


@given(ANY)
@example(Published())
@example(Published(body=b"x" * (FRAME_MAX - 8)))
@example(Published(body=b"x" * (FRAME_MAX - 7)))
@example(Published(body=b"x" * (FRAME_MAX - 8) * 2))
@example(Published(exchange="", headers={"x-bantin-attempts": 3, "x-bantin-reason": "đầy"}))
def test_a_message_is_written_as_py_amqp_writes_it(one: Published) -> None:
    ours = publishing(
        one.channel,
        FRAME_MAX,
        exchange=one.exchange,
        key=one.key,
        body=one.body,
        message_id=one.message_id,
        headers=one.headers,
    )
    assert b"".join(ours) == as_the_library_writes(one)


def as_the_library_writes(one: Published) -> bytes:
    written: list[bytes] = []
    connection = SimpleNamespace(frame_max=FRAME_MAX, bytes_sent=0)
    transport = SimpleNamespace(write=lambda data: written.append(bytes(data)))
    content = amqp.Message(
        one.body,
        content_type="application/cloudevents+json",
        delivery_mode=2,
        message_id=one.message_id,
        application_headers=one.headers or None,
    )
    arguments = dumps("Bssbb", (0, one.exchange, one.key, True, False))
    write = frame_writer(connection, transport)
    write(1, one.channel, spec.Basic.Publish, arguments, content)
    return b"".join(written)
