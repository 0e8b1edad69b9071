"""Kafka: the bus on Kafka through librdkafka. An event goes to the partition of its subject, where order holds."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from mainspring.backends.bus.bus import LEASE, MOST_BYTES, Message, Place, Topic
from mainspring.backends.bus.encoding import encode
from mainspring.errors import BusError, Busy, NotFound, SpecError
from mainspring.event import Event

PATIENCE = 15.0
GONE = 10_000
"""Milliseconds without a sign of life after which a member's partitions go to the others."""
INTERNAL = "__"
NOT_A_MEMBER = frozenset(
    {
        KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID, KafkaError.REBALANCE_IN_PROGRESS, KafkaError._ASSIGNMENT_LOST,
    }
)  # fmt: skip


class Kafka:
    """``kafka://host:9092,host:9092``; a user and password before the host are for SASL PLAIN over TLS (``?tls=false`` without);
    ``?partitions=6`` is for the topics it makes (``auto`` leaves making them to the cluster).

    Each topic has groups of its own (``retention@orders``): a Kafka group spans topics, and a member that waits at one would halt
    the others. Twins are not told apart here; who decides on events is not troubled by them.
    """

    def __init__(self, url: str) -> None:
        told = urlsplit(url)
        hosts = told.netloc.rpartition("@")[2]
        options = {name: values[-1] for name, values in parse_qs(told.query).items()}
        self._where = hosts
        self._partitions = _partitions(options.get("partitions", "3"))
        self.settings: dict[str, Any] = {
            "bootstrap.servers": hosts, "allow.auto.create.topics": True, "log_level": 2,
        } | _login(told.username, told.password, options)  # fmt: skip
        self._made: set[str] = set()
        self._admin = AdminClient(self.settings)
        with self.translated():
            self._admin.list_topics(timeout=PATIENCE)
        self._producer = Producer(
            {**self.settings, "enable.idempotence": True, "linger.ms": 2, "delivery.timeout.ms": int(PATIENCE * 2000)}
        )

    def publish(self, topic: str, events: Sequence[Event]) -> None:
        bodies = encode(events)
        self.make(topic)
        failed: list[KafkaError] = []

        def told(error: KafkaError | None, _: object) -> None:
            if error is not None:
                failed.append(error)

        with self.translated():
            for event, body in zip(events, bodies, strict=True):
                key = None if event.subject is None else event.subject.encode("utf-8", "surrogatepass")
                self._put(topic, body, key, told)
            left = self._producer.flush(PATIENCE * 2)
        if failed or left:
            why = failed[0].name() if failed else "no answer"
            raise BusError(
                f"Kafka did not keep {len(failed) or left:,} events ({why})",
                where=self._where,
                remedy="publish them again",
            )

    def _put(self, topic: str, body: bytes, key: bytes | None, told: Any) -> None:
        while True:
            try:
                return self._producer.produce(topic, body, key, on_delivery=told)
            except BufferError:
                self._producer.poll(0.1)

    def subscribe(self, topic: str, group: str, *, start: Place = "first", lease: float = LEASE) -> "Member":  # noqa: ARG002
        self.make(topic)
        return Member(self, topic, _group(topic, group), start)

    def read(self, topic: str, start: Place, limit: int) -> list[Message]:
        with self._looking(topic) as (consumer, ends):
            places = [TopicPartition(topic, number, self.offset(consumer, topic, number, start)) for number in ends]
            left = {place.partition for place in places if place.offset < ends[place.partition][1]}
            consumer.assign([place for place in places if place.partition in left])
            found: list[Message] = []
            until = time.monotonic() + PATIENCE
            while left and len(found) < limit and time.monotonic() < until:
                for one in consumer.consume(min(500, limit - len(found)), 0.5):
                    message = self.message(one)
                    if message.offset < ends[message.partition][1]:
                        found.append(message)
                    if message.offset + 1 >= ends[message.partition][1]:
                        left.discard(message.partition)
        return sorted(found, key=lambda message: (message.at, message.partition, message.offset))

    def topics(self) -> list[str]:
        with self.translated():
            return sorted(
                name for name in self._admin.list_topics(timeout=PATIENCE).topics if not name.startswith(INTERNAL)
            )

    def topic(self, name: str, groups: Sequence[str] = ()) -> Topic:
        """``first`` and ``next`` are sums over the partitions."""
        known = dict.fromkeys([*groups, *self._groups(name)])
        with self._looking(name) as (_, ends):
            pass
        behind = {group: self._behind(name, group, ends) for group in known}
        first, after = sum(low for low, _ in ends.values()), sum(high for _, high in ends.values())
        return Topic(name, after - first, first, after, behind)

    def rewind(self, topic: str, group: str, to: Place) -> None:
        """The group must have no member at work: Kafka lets nobody else move it then. A group that is new begins there.

        Raises:
            Busy: it has one.
        """
        with self._looking(topic, _group(topic, group)) as (consumer, ends):
            places = [TopicPartition(topic, number, self.offset(consumer, topic, number, to)) for number in ends]
            try:
                consumer.commit(offsets=places, asynchronous=False)
            except KafkaException as error:
                if error.args[0].code() not in NOT_A_MEMBER:
                    raise
                raise Busy(
                    f"the group {group!r} has members at work", where=self._where, remedy="stop them, and do it again"
                ) from None

    def close(self) -> None:
        self._producer.flush(PATIENCE)

    def make(self, topic: str) -> None:
        """Make the topic where there is none."""
        if topic in self._made:
            return
        with self.translated():
            if topic not in self._admin.list_topics(timeout=PATIENCE).topics:
                self._create(topic)
        self._made.add(topic)

    def _create(self, topic: str) -> None:
        if self._partitions is not None:
            waiting = self._admin.create_topics([NewTopic(topic, self._partitions)], request_timeout=PATIENCE)[topic]
            try:
                waiting.result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # two may make it at once
                    raise
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            told = self._admin.list_topics(topic, timeout=PATIENCE).topics[topic]
            if told.error is None and told.partitions:
                return
            time.sleep(0.1)
        raise BusError(
            f"the topic {topic!r} cannot be made", where=self._where, remedy="make it with Kafka's own tools"
        )

    def message(self, one: Any) -> Message:
        """A message of librdkafka's as ours.

        Raises:
            BusError: it stands for an error.
        """
        if one.error() is not None:
            raise BusError(
                f"Kafka does not answer ({one.error().name()})", where=self._where, remedy="check that it runs"
            )
        at = datetime.fromtimestamp(max(one.timestamp()[1], 0) / 1e3, UTC)
        return Message(one.topic(), one.offset(), at, one.value() or b"", partition=one.partition())

    def offset(self, consumer: Any, topic: str, partition: int, place: Place) -> int:
        """The offset of a place in a partition."""
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=PATIENCE)
        if isinstance(place, datetime):
            return self._at_or_after(consumer, TopicPartition(topic, partition), place, (low, high))
        if isinstance(place, Mapping):
            place = place.get(partition, low)
        named = {"first": low, "new": high}
        return named[place] if isinstance(place, str) else min(max(place, low), high)

    def _at_or_after(self, consumer: Any, partition: TopicPartition, moment: datetime, ends: tuple[int, int]) -> int:
        wanted = int(moment.timestamp() * 1000)
        asked = TopicPartition(partition.topic, partition.partition, wanted)
        low, high = ends
        try:
            told = consumer.offsets_for_times([asked], timeout=PATIENCE)[0]
            if told.error is None and low <= told.offset < high:
                return told.offset
        except KafkaException:
            pass
        # Behind the newest message, or the cluster keeps no index of times: halving finds the place.
        while low < high:
            middle = (low + high) // 2
            if self._time(consumer, partition, middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low

    def _time(self, consumer: Any, partition: TopicPartition, offset: int) -> int:
        consumer.assign([TopicPartition(partition.topic, partition.partition, offset)])
        one = consumer.poll(PATIENCE)
        if one is None:
            raise BusError("Kafka does not answer", where=self._where, remedy="check that it runs")
        return int(self.message(one).at.timestamp() * 1000)

    @contextmanager
    def _looking(self, topic: str, group: str = "mainspring-look") -> Iterator[tuple[Any, dict[int, tuple[int, int]]]]:
        """A consumer that takes part in nothing, and partition → its first offset and the one after its last."""
        settings = {**self.settings, "group.id": group, "enable.auto.commit": False, "allow.auto.create.topics": False}
        with self.translated():
            known = self._admin.list_topics(timeout=PATIENCE).topics
            if topic not in known:
                raise NotFound("topic", topic, known)
            consumer = Consumer(settings)
            try:
                ends = {number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=PATIENCE)
                        for number in sorted(known[topic].partitions)}  # fmt: skip
                yield consumer, ends
            finally:
                consumer.close()

    def _groups(self, topic: str) -> list[str]:
        try:
            told = self._admin.list_consumer_groups(request_timeout=PATIENCE).result()
        except KafkaException:
            return []
        names = (one.group_id for one in told.valid)
        return sorted(name.removesuffix(f"@{topic}") for name in names if name.endswith(f"@{topic}"))

    def _behind(self, topic: str, group: str, ends: dict[int, tuple[int, int]]) -> int:
        with self._looking(topic, _group(topic, group)) as (consumer, _):
            at = consumer.committed([TopicPartition(topic, number) for number in ends], timeout=PATIENCE)
        return sum(ends[place.partition][1] - max(place.offset, ends[place.partition][0]) for place in at)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """librdkafka's errors as ours."""
        try:
            yield
        except KafkaException as error:
            raise BusError(f"Kafka refused or does not answer ({error.args[0].name()})", where=self._where,
                           remedy="check that it runs and that this user may") from None  # fmt: skip


class Member:
    """A partition's offset is committed up to its first message that was not acknowledged."""

    def __init__(self, bus: Kafka, topic: str, group: str, start: Place) -> None:
        self._bus, self._topic = bus, topic
        self._start: Place = start
        self._pending: dict[int, dict[int, bool]] = defaultdict(dict)
        self._consumer = Consumer(
            {
                **bus.settings, "group.id": group, "enable.auto.commit": False, "auto.offset.reset": "earliest",
                "session.timeout.ms": GONE, "fetch.message.max.bytes": MOST_BYTES // 8, "queued.max.messages.kbytes": MOST_BYTES // 1000,
            }
        )  # fmt: skip
        self._consumer.subscribe([topic], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked)

    def fetch(self, limit: int, wait: float) -> list[Message]:
        # librdkafka waits until the number is reached: the first message is waited for, the rest taken as it lies there.
        with self._bus.translated():
            first = self._consumer.poll(wait)
            if first is None:
                return []
            more = self._consumer.consume(limit - 1, 0.005) if limit > 1 else []
        messages = [self._bus.message(one) for one in (first, *more)]
        for message in messages:
            self._pending[message.partition][message.offset] = False
        return messages

    def acknowledge(self, messages: Iterable[Message]) -> None:
        places: list[TopicPartition] = []
        for message in messages:
            if message.offset in self._pending[message.partition]:
                self._pending[message.partition][message.offset] = True
        for partition, pending in self._pending.items():
            done = 0
            for offset in sorted(pending):
                if not pending[offset]:
                    break
                del pending[offset]
                done = offset + 1
            if done:
                places.append(TopicPartition(self._topic, partition, done))
        if places:
            self._commit(places)

    def _commit(self, places: list[TopicPartition]) -> None:
        try:
            self._consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as error:
            # Its partitions went to another member meanwhile: they are that one's to acknowledge.
            if error.args[0].code() not in NOT_A_MEMBER:
                with self._bus.translated():
                    raise

    def close(self) -> None:
        self._consumer.close()

    def _assigned(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        """Where the group has committed nothing, it begins where it was told to."""
        if self._start != "first":
            at = consumer.committed(partitions, timeout=PATIENCE)
            for place, committed in zip(partitions, at, strict=True):
                place.offset = committed.offset if committed.offset >= 0 else self._begin(place)
            consumer.assign(partitions)

    def _begin(self, place: TopicPartition) -> int:
        if self._start == "new":
            return OFFSET_END
        with self._bus.translated():
            look = Consumer({**self._bus.settings, "group.id": "mainspring-look", "enable.auto.commit": False})
            try:
                return self._bus.offset(look, place.topic, place.partition, self._start)
            finally:
                look.close()

    def _revoked(self, _: Any, partitions: list[TopicPartition]) -> None:
        for place in partitions:
            self._pending.pop(place.partition, None)


def _partitions(told: str) -> int | None:
    if told != "auto" and not (told.isdigit() and 0 < int(told) <= 10_000):
        raise SpecError("'partitions' is no number", where="bus", remedy="write ?partitions=6")
    return None if told == "auto" else int(told)


def _group(topic: str, group: str) -> str:
    return f"{group}@{topic}"


def _login(user: str | None, password: str | None, options: dict[str, str]) -> dict[str, Any]:
    tls = options.get("tls", "true" if user else "false") != "false"
    if user is None:
        return {"security.protocol": "ssl"} if tls else {}
    return {
        "security.protocol": "sasl_ssl" if tls else "sasl_plaintext", "sasl.mechanisms": options.get("sasl", "PLAIN"),
        "sasl.username": unquote(user), "sasl.password": unquote(password or ""),
    }  # fmt: skip
