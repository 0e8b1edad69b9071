"""NATS: the bus on JetStream. A topic is a subject, kept in a stream of its own (or in the one that has it already)."""

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs

import nats
import orjson
from nats import errors
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, StreamConfig
from nats.js.errors import APIError, NotFoundError

from mainspring.backends.bus.bus import LEASE, MOST_BYTES, Message, Place, Topic
from mainspring.backends.bus.encoding import LARGEST, encode
from mainspring.errors import BusError, NotFound, SpecError
from mainspring.event import Event

KEPT_DAYS = 7.0
PATIENCE = 10.0
ASIDE = 5_000
"""Messages handed out and not acknowledged, over all members of a group; then the server waits."""
PUBLISHED_AT_ONCE = 2_000
STATUS, NOBODY = "Status", "503"
"""The header of an answer that comes from the server itself, and what it says where no JetStream listens."""
T = TypeVar("T")


class Nats:
    """``nats://user:password@host:4222``, several servers with commas; ``?keep=30d`` is for the streams it makes.

    An event published twice within two minutes is kept once (``Nats-Msg-Id``). What a killed member held comes back when its
    lease is over.
    """

    def __init__(self, url: str) -> None:
        servers, _, query = url.partition("?")
        self._keep = _seconds(parse_qs(query).get("keep", [None])[-1])
        self._where = ", ".join(server.rpartition("@")[2] for server in servers.split(","))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mainspring-nats", daemon=True)
        self._thread.start()
        self._streams: dict[str, str] = {}
        try:
            self._client = self.do(_connected(servers.split(",")))
        except BaseException:
            self._end()
            raise
        self._stream = self._client.jetstream(timeout=PATIENCE)

    def publish(self, topic: str, events: Sequence[Event]) -> None:
        bodies = encode(events)
        self._kept_in(topic)
        for start in range(0, len(events), PUBLISHED_AT_ONCE):
            part = slice(start, start + PUBLISHED_AT_ONCE)
            self.do(self._publish(topic, list(zip(events[part], bodies[part], strict=True))))

    async def _publish(self, topic: str, pairs: Sequence[tuple[Event, bytes]]) -> None:
        """Each message is answered once; the answers of all are counted at one address, which costs a third of a future a message."""
        left, over = len(pairs), asyncio.get_running_loop().create_future()

        async def heard(answer: Any) -> None:
            nonlocal left
            left -= 1
            if (answer.headers or {}).get(STATUS) == NOBODY:
                error: Exception | None = errors.NoRespondersError()
            else:
                error = APIError.from_error(orjson.loads(answer.data)["error"]) if b'"error"' in answer.data else None
            if not over.done() and error is not None:
                over.set_exception(error)
            elif not over.done() and not left:
                over.set_result(None)

        inbox = self._client.new_inbox()
        answers = await self._client.subscribe(inbox, cb=heard)
        try:
            for event, body in pairs:
                identity = {"Nats-Msg-Id": f"{event.source}#{event.id}"}
                await self._client.publish(topic, body, reply=inbox, headers=identity)
            await asyncio.wait_for(over, PATIENCE)
        finally:
            await answers.unsubscribe()

    def subscribe(self, topic: str, group: str, *, start: Place = "first", lease: float = LEASE) -> "Member":
        stream, durable = self._kept_in(topic), _named(group)
        try:
            told = self.do(self._stream.consumer_info(stream, durable)).config
            if told.ack_wait != lease:
                self.do(self._stream.add_consumer(stream, replace(told, ack_wait=lease)))
        except NotFound:
            self.do(self._stream.add_consumer(stream, _consumer(topic, durable, start, lease)))
        return Member(self, topic, self.do(self._stream.pull_subscribe_bind(durable, stream)))

    def read(self, topic: str, start: Place, limit: int) -> list[Message]:
        return self.do(self._read(topic, self._stream_of(topic), start, limit))

    async def _read(self, topic: str, stream: str, start: Place, limit: int) -> list[Message]:
        config = replace(
            _consumer(topic, None, start, None),
            ack_policy=AckPolicy.NONE,
            max_ack_pending=None,
            inactive_threshold=60.0,
        )
        made = await self._stream.add_consumer(stream, config)
        subscription = await self._stream.pull_subscribe_bind(made.name, stream)
        found: list[Message] = []
        try:
            left = min(limit, made.num_pending or 0)
            while len(found) < left:
                for message in await subscription.fetch(left - len(found), timeout=PATIENCE):
                    found.append(_message(topic, message))
        finally:
            await subscription.unsubscribe()
            await self._stream.delete_consumer(stream, made.name)
        return found

    def topics(self) -> list[str]:
        streams = self.do(self._stream.streams_info())
        return sorted(subject for stream in streams for subject in stream.config.subjects or ())

    def topic(self, name: str, groups: Sequence[str] = ()) -> Topic:
        stream = self._stream_of(name)
        state = self.do(self._stream.stream_info(stream)).state
        behind = {group: int(state.messages) for group in groups}
        behind |= {told.config.durable_name.replace("=", "."): (told.num_pending or 0) + (told.num_ack_pending or 0)
                  for told in self.do(self._stream.consumers_info(stream))
                  if told.config.durable_name and told.config.filter_subject in (name, None)}  # fmt: skip
        return Topic(name, state.messages, state.first_seq, state.last_seq + 1, dict(sorted(behind.items())))

    def rewind(self, topic: str, group: str, to: Place) -> None:
        stream, durable = self._stream_of(topic), _named(group)
        try:
            told = self.do(self._stream.consumer_info(stream, durable)).config
        except NotFound:
            raise NotFound(f"group of {topic}", group, self.topic(topic).groups) from None
        self.do(self._stream.delete_consumer(stream, durable))
        self.do(self._stream.add_consumer(stream, _consumer(topic, durable, to, told.ack_wait)))

    def close(self) -> None:
        try:
            self.do(asyncio.wait_for(self._client.close(), PATIENCE))
        finally:
            self._end()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it on the client's own loop, which lives in a thread of its own so that callers need know nothing of it."""
        with self._translated():
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except NotFoundError:
            raise NotFound("stream or consumer", self._where) from None
        except APIError as error:
            raise BusError(
                f"NATS refused: {error.description}", where=self._where, remedy="is JetStream on? nats-server -js"
            ) from None
        except errors.NoRespondersError:
            raise BusError(
                "JetStream does not answer",
                where=self._where,
                remedy="start the server with JetStream: nats-server -js",
            ) from None
        except (errors.Error, OSError, TimeoutError) as error:
            raise BusError(
                f"NATS does not answer ({type(error).__name__})", where=self._where, remedy="check that it runs"
            ) from None

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def flush(self) -> None:
        """Wait until the server has everything that was sent."""
        await self._client.flush(timeout=int(PATIENCE))

    def _kept_in(self, topic: str) -> str:
        """The stream that keeps the topic; made where there is none."""
        try:
            return self._stream_of(topic)
        except NotFound:
            config = StreamConfig(
                name=_named(topic), subjects=[topic], max_age=self._keep, max_msg_size=LARGEST + 100_000
            )
            self.do(self._stream.add_stream(config))
            return self._stream_of(topic)

    def _stream_of(self, topic: str) -> str:
        if topic not in self._streams:
            try:
                self._streams[topic] = self.do(self._stream.find_stream_name_by_subject(topic))
            except NotFound:
                raise NotFound("topic", topic, self.topics()) from None
        return self._streams[topic]


class Member:
    def __init__(self, bus: Nats, topic: str, subscription: Any) -> None:
        self._bus, self._topic, self._subscription = bus, topic, subscription
        self._largest = 1
        self._held: dict[int, Any] = {}

    def fetch(self, limit: int, wait: float) -> list[Message]:
        # The client cannot be told a number of bytes; the largest message so far says how many are asked for.
        asked = max(1, min(limit, MOST_BYTES // self._largest))
        found = self._bus.do(self._fetch(asked, max(wait, 0.05)))
        messages = [_message(self._topic, one) for one in found]
        self._held |= {message.offset: one for message, one in zip(messages, found, strict=True)}
        self._largest = max([self._largest, *(len(message.body) for message in messages)])
        return messages

    async def _fetch(self, limit: int, wait: float) -> list[Any]:
        try:
            return await self._subscription.fetch(limit, timeout=wait)
        except (errors.TimeoutError, TimeoutError):
            return []

    def acknowledge(self, messages: Iterable[Message]) -> None:
        self._bus.do(self._acknowledge(list(messages)))

    async def _acknowledge(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if (one := self._held.pop(message.offset, None)) is not None:
                await one.ack()
        await self._bus.flush()

    def close(self) -> None:
        self._bus.do(self._close())

    async def _close(self) -> None:
        for one in self._held.values():
            await one.nak()
        await self._subscription.unsubscribe()


def _message(topic: str, one: Any) -> Message:
    told = one.metadata
    return Message(topic, told.sequence.stream, told.timestamp, one.data, told.num_delivered or 1)


async def _connected(servers: Sequence[str]) -> Any:
    async def quiet(_: Exception) -> None:
        """What goes wrong is told by the call that it goes wrong for."""

    return await nats.connect(
        list(servers), connect_timeout=5, max_reconnect_attempts=-1, reconnect_time_wait=1, error_cb=quiet,
        allow_reconnect=True, name="mainspring",
    )  # fmt: skip


def _consumer(topic: str, durable: str | None, start: Place, lease: float | None) -> ConsumerConfig:
    config = ConsumerConfig(durable_name=durable, ack_wait=lease, filter_subject=topic, max_ack_pending=ASIDE)
    if isinstance(start, datetime):
        return replace(config, deliver_policy=DeliverPolicy.BY_START_TIME, opt_start_time=start)
    if isinstance(start, Mapping):
        start = start.get(0, "first")
    if isinstance(start, int):
        return replace(config, deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=max(start, 1))
    return replace(config, deliver_policy=DeliverPolicy.ALL if start == "first" else DeliverPolicy.NEW)


def _named(topic: str) -> str:
    """Names of streams and consumers have no dots."""
    return topic.replace(".", "=")


def _seconds(told: str | None) -> float:
    try:
        days = KEPT_DAYS if told is None else float(told.removesuffix("d"))
    except ValueError:
        days = 0.0
    if days <= 0:
        raise SpecError("'keep' is no number of days", where="bus", remedy="write ?keep=30d")
    return days * 86400
