"""A group of Kafka is moved while nobody is at work in it."""

from datetime import UTC, datetime, timedelta

import pytest
from orders import events

from mainspring.backends.bus.buses import open_bus
from mainspring.backends.bus.encoding import decode
from mainspring.errors import Busy

pytestmark = pytest.mark.slow


def test_it_begins_where_it_was_moved_to(kafka_url: str, topic: str) -> None:
    bus = open_bus(kafka_url)
    try:
        bus.publish(topic, events(10))
        bus.rewind(topic, "readers", "new")
        assert bus.topic(topic, ["readers"]).groups == {"readers": 0}
        bus.rewind(topic, "readers", datetime.now(UTC) - timedelta(hours=1))
        assert bus.topic(topic, ["readers"]).groups == {"readers": 10}
        bus.rewind(topic, "readers", "new")
        bus.publish(topic, events(5, first=10))
        member = bus.subscribe(topic, "readers")
        found = [message for _ in range(20) for message in member.fetch(10, 1.0)]
        assert sorted(decode(message).data["number"] for message in found) == list(range(10, 15))
        with pytest.raises(Busy, match="at work"):
            bus.rewind(topic, "readers", "first")
        member.close()
    finally:
        bus.close()
