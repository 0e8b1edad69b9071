"""An action goes to a topic."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mainspring.automation.act import Act
from mainspring.errors import ActError, ActRefused, ActUnreachable, BadEvent, BusError
from mainspring.event import Event
from mainspring.steps.act.deliver import deliverer_for
from mainspring.steps.act.deliverer import Means

EVENT = Event("d1", "/v1/automations/x", "offer", datetime(2026, 3, 1, tzinfo=UTC), {"gain": 1.0}, "C1")


@pytest.mark.parametrize(
    ("declared", "address"), [("offers.made", "topic:offers.made"), ("nats://h:4222/offers", "nats://h:4222/offers")]
)
def test_it_is_published_as_it_is(declared: str, address: str) -> None:
    published: list[tuple[str, Event]] = []
    means = Means({}, Path(), lambda *_: None, lambda *told: published.append(told))
    deliverer_for(Act(topic=declared), means).deliver(EVENT, Act(topic=declared))
    assert published == [(address, EVENT)]


@pytest.mark.parametrize(
    ("error", "kind"), [(BusError("it is away"), ActUnreachable), (BadEvent("too large"), ActRefused)]
)
def test_what_can_be_tried_again(error: Exception, kind: type[ActError]) -> None:
    def fails(*_: object) -> None:
        raise error

    with pytest.raises(kind, match=str(error)):
        deliverer_for(Act(topic="x"), Means({}, Path(), lambda *_: None, fails)).deliver(EVENT, Act(topic="x"))


@pytest.mark.parametrize("topic", ["a b", "", "a..b", "nats://h", "kafka:///x"])
def test_a_topic_that_cannot_be(topic: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        Act(topic=topic)
