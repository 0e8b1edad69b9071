"""What every bus promises, asked of each of them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from orders import NOON, event, events

from mainspring.backends.bus.bus import Message, OpenBus, Subscription
from mainspring.backends.bus.encoding import LARGEST, decode
from mainspring.errors import BadEvent, NotFound
from mainspring.event import Event

PATIENCE = 30.0
Open = Callable[[], OpenBus]


def fetched(member: Subscription, count: int, *, acknowledge: bool = True, at_once: int = 50) -> list[Message]:
    """So many messages, however many fetches they take."""
    found: list[Message] = []
    end = time.monotonic() + PATIENCE
    while len(found) < count and time.monotonic() < end:
        more = member.fetch(min(at_once, count - len(found)), 1.0)
        if acknowledge:
            member.acknowledge(more)
        found += more
    assert len(found) == count
    return found


def numbers(messages: list[Message]) -> list[int]:
    return sorted(decode(message).data["number"] for message in messages)


def test_an_event_comes_out_as_it_went_in(bus: OpenBus, topic: str) -> None:
    sent = Event("a/1", "shop", "order", NOON, {"customer": "王", "price": 1.5, "gone": None, "tags": ["x"]}, "C1")
    bus.publish(topic, [sent])
    (message,) = fetched(bus.subscribe(topic, "readers"), 1)
    assert decode(message) == sent
    assert message.topic == topic
    assert abs(message.at - datetime.now(UTC)) < timedelta(minutes=1)


def test_each_group_has_all_of_them_in_order(bus: OpenBus, topic: str) -> None:
    bus.publish(topic, [Event(f"e{n}", "shop", "order", NOON, {"number": n}, "one") for n in range(120)])
    for group in ("first", "second"):
        member = bus.subscribe(topic, group)
        assert [decode(message).data["number"] for message in fetched(member, 120)] == list(range(120))
        assert member.fetch(1, 0.2) == []
        member.close()


def test_no_more_than_asked_for(bus: OpenBus, topic: str) -> None:
    bus.publish(topic, events(30))
    member = bus.subscribe(topic, "readers")
    sizes = [len(member.fetch(7, 5.0)) for _ in range(3)]
    assert all(0 < size <= 7 for size in sizes)


def test_nothing_to_fetch_is_waited_for(bus: OpenBus, topic: str) -> None:
    member = bus.subscribe(topic, "readers")
    assert member.fetch(10, 0.3) == []
    bus.publish(topic, events(1))
    assert numbers(fetched(member, 1)) == [0]


def test_what_was_not_acknowledged_comes_again(opened: Open, bus: OpenBus, topic: str) -> None:
    bus.publish(topic, events(10))
    first = bus.subscribe(topic, "readers")
    had = fetched(first, 10, acknowledge=False)
    first.acknowledge([message for message in had if message.partition == had[0].partition][:1])
    first.close()
    second = opened().subscribe(topic, "readers")
    again = fetched(second, 9)
    assert numbers(again) == sorted(set(numbers(had)) - {decode(had[0]).data["number"]})
    assert second.fetch(5, 0.3) == []


def test_members_share(opened: Open, bus: OpenBus, topic: str) -> None:
    bus.publish(topic, events(1))
    members = [bus.subscribe(topic, "readers"), opened().subscribe(topic, "readers")]
    bus.publish(topic, events(199, first=1))
    had: list[list[Message]] = [[], []]
    end = time.monotonic() + PATIENCE
    # When members share anew, what was not acknowledged yet may come once more.
    while len({*numbers([*had[0], *had[1]])}) < 200 and time.monotonic() < end:
        for mine, member in zip(had, members, strict=True):
            more = member.fetch(10, 0.3)
            member.acknowledge(more)
            mine += more
    together = numbers([*had[0], *had[1]])
    assert sorted(set(together)) == list(range(200))
    assert all(had)


def test_a_new_group_begins_where_it_is_told(bus: OpenBus, topic: str) -> None:
    bus.publish(topic, events(5))
    late = bus.subscribe(topic, "late", start="new")
    late.fetch(1, 4.0)  # Kafka hands out partitions while it is asked for messages
    bus.publish(topic, events(3, first=5))
    assert numbers(fetched(late, 3)) == [5, 6, 7]


def test_read_from_a_time_or_an_offset(bus: OpenBus, topic: str) -> None:
    bus.publish(topic, [event(n) for n in range(20)])
    time.sleep(0.05)
    noted = datetime.now(UTC)
    time.sleep(0.05)
    bus.publish(topic, [event(n) for n in range(20, 30)])
    everything = bus.read(topic, "first", 1000)
    assert numbers(everything) == list(range(30))
    assert numbers(bus.read(topic, noted, 1000)) == list(range(20, 30))
    assert bus.read(topic, datetime.now(UTC) + timedelta(hours=1), 1000) == []
    assert bus.read(topic, "new", 1000) == []
    assert len(bus.read(topic, "first", 4)) == 4
    most = max({message.partition for message in everything}, key=lambda p: sum(m.partition == p for m in everything))
    there = [message for message in everything if message.partition == most]
    later = [message for message in bus.read(topic, there[2].offset, 1000) if message.partition == most]
    assert later == there[2:]


def test_a_group_goes_back(bus: OpenBus, bus_url: str, topic: str) -> None:
    if bus_url.startswith("kafka"):
        pytest.skip(
            "Kafka's cluster for tests lets nobody commit to a group that had members: see test_move_a_kafka_group.py"
        )
    bus.publish(topic, events(6))
    member = bus.subscribe(topic, "readers")
    fetched(member, 6)
    member.close()
    bus.rewind(topic, "readers", "first")
    assert bus.topic(topic, ["readers"]).groups["readers"] == 6
    again = bus.subscribe(topic, "readers")
    assert numbers(fetched(again, 6)) == list(range(6))


def test_lag_is_what_is_not_acknowledged(bus: OpenBus, topic: str) -> None:
    bus.publish(topic, events(12))
    assert bus.topic(topic, ["readers"]).groups["readers"] == 12
    member = bus.subscribe(topic, "readers")
    had = fetched(member, 12, acknowledge=False)
    assert bus.topic(topic, ["readers"]).groups["readers"] == 12
    member.acknowledge(had)
    told = bus.topic(topic, ["readers"])
    assert (told.name, told.events, told.groups["readers"]) == (topic, 12, 0)
    assert topic in bus.topics()


def test_too_large_is_refused_with_all_its_fellows(bus: OpenBus, topic: str) -> None:
    bus.publish(topic, [event(0)])
    with pytest.raises(BadEvent, match="bytes"):
        bus.publish(topic, [event(1), event(2, filler="x" * LARGEST)])
    with pytest.raises(BadEvent, match="JSON"):
        bus.publish(topic, [event(3, odd=1 << 80)])
    assert numbers(bus.read(topic, "first", 10)) == [0]
    almost = event(4, filler="x" * (LARGEST - 1000))
    bus.publish(topic, [almost])
    assert decode(bus.read(topic, "first", 10)[-1]) in (almost, event(0))


def test_no_events_are_no_trouble(bus: OpenBus, topic: str) -> None:
    bus.publish(topic, [])
    member = bus.subscribe(topic, "readers")
    member.acknowledge([])
    assert member.fetch(1, 0.1) == []


def test_a_topic_that_is_not_there(bus: OpenBus) -> None:
    for asked in (lambda: bus.read("nobody.there", "first", 1), lambda: bus.topic("nobody.there")):
        with pytest.raises(NotFound, match=r"nobody\.there"):
            asked()
