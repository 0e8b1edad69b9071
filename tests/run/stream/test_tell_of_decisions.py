"""A decision's event is made of what is in hand, or read from the journal: it is the same event."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from mainspring import Workspace
from mainspring.backends.bus.encoding import decode
from mainspring.backends.opening import Backends, Settings, open_backends
from mainspring.decision import Decision, Reason
from mainspring.run.stream.published import catch_up, event_of, event_of_row, publish, waiting

AT = datetime(2026, 3, 1, 12, 30, 0, 123456, tzinfo=UTC)
TOPIC = "retention.decisions"


def made(number: int, record: dict[str, Any], **more: Any) -> Decision:
    reasons = (
        Reason("rule", "因为 \ud800", code="rule.before.1"), Reason("feature", "tenure = 3", "tenure", -0.25, "feature.tenure.lowers"),
    )  # fmt: skip
    plain: dict[str, Any] = {
        "key": f"C{number}", "action": "offer", "at": AT, "record": record, "prediction": "yes",
        "probabilities": {"no": 1e-05, "yes": 0.99999}, "gain": -1.5, "reasons": reasons, "model_version": 3,
        "policy_version": "abc", "occasion": f"event:shop#{number}",
    }  # fmt: skip
    return Decision(f"d{number}", "retention", **{**plain, **more})


def odd() -> list[Decision]:
    return [
        made(1, {"amount": 3, "share": 0.5, "city": "Köln", "nothing": None}),
        made(2, {"born": date(1980, 2, 29), "seen": AT, "paid": Decimal("12.30"), "list": [1, {"a": 2}]}),
        made(3, {"name": "half \ud800 and \0"}, key="C\0\ud800", occasion="event:sh\0p#3"),
        made(4, {}, key=None, prediction=None, probabilities={}, gain=None, reasons=(), model_version=None),
        made(5, {"huge": 1e300, "tiny": 1e-9, "large": 2**70}, prediction=0.1 + 0.2),
    ]


def test_an_event_made_of_a_decision_is_that_made_of_its_row(tmp_path: Path) -> None:
    decisions = odd()
    with open_backends(Settings.read(tmp_path)) as backends:
        backends.decisions.record("retention", decisions)
        rows = backends.decisions.after("retention", 0, 10)
    assert [event_of(decision) for decision in decisions] == [event_of_row(row) for row in rows]


def test_what_is_in_hand_is_told_in_its_turn(tmp_path: Path) -> None:
    first, second, third = lately(range(3))
    with open_backends(Settings.read(tmp_path)) as backends:
        bus = backends.buses.own
        bus.subscribe(TOPIC, "desk").close()

        def told() -> list[int]:
            return [message.offset for message in bus.read(TOPIC, "first", 10)]

        with backends.decisions.transaction("retention") as recording:
            hand = recording.record([first], span=True)
        assert publish(backends, "retention", [hand]) == 1
        assert publish(backends, "retention", [hand]) == 0
        backends.decisions.record("retention", [second])  # through another door, and its event is not told yet
        with backends.decisions.transaction("retention") as recording:
            hand = recording.record([third, first], span=True)
        assert [decision.id for decision in hand.fresh] == ["d2"]
        assert publish(backends, "retention", [hand]) == 2
        assert told() == [0, 1, 2]


def lately(numbers: range, **ago: float) -> list[Decision]:
    return [made(n, {"n": n}, at=datetime.now(UTC) - timedelta(**ago)) for n in numbers]


def told_of(backends: Backends) -> list[str]:
    return [decode(message).id for message in backends.buses.own.read(TOPIC, "first", 100)]


def test_decisions_wait_in_the_journal_until_somebody_comes_for_them(tmp_path: Path) -> None:
    with open_backends(Settings.read(tmp_path)) as backends:
        backends.decisions.record("retention", lately(range(3)))
        assert publish(backends, "retention") == 0
        assert backends.buses.own.topics() == []
        assert waiting(backends, "retention") == 3
        catch_up(backends, None, TOPIC)
        assert told_of(backends) == ["d0", "d1", "d2"]
        assert waiting(backends, "retention") == 0
        backends.decisions.record("retention", lately(range(3, 5)))
        assert publish(backends, "retention") == 0
        backends.buses.own.subscribe(TOPIC, "desk").close()
        assert publish(backends, "retention") == 2
        assert told_of(backends) == ["d0", "d1", "d2", "d3", "d4"]


def test_what_is_older_than_the_bus_keeps_stays_in_the_journal(tmp_path: Path) -> None:
    with open_backends(Settings.read(tmp_path)) as backends:
        backends.decisions.record(
            "retention", lately(range(2), days=30) + lately(range(2, 4), days=8) + lately(range(4, 6))
        )
        assert waiting(backends, "retention") == 2
        catch_up(backends, None, TOPIC)
        assert told_of(backends) == ["d4", "d5"]
        assert waiting(backends, "retention") == 0
    with open_backends(Settings.read(tmp_path / "old")) as backends:
        backends.decisions.record("retention", lately(range(2), days=30))
        catch_up(backends, None, TOPIC)
        assert backends.buses.own.topics() == []


def test_whoever_follows_already_misses_nothing_however_old(tmp_path: Path) -> None:
    with open_backends(Settings.read(tmp_path)) as backends:
        backends.buses.own.subscribe(TOPIC, "desk").close()
        backends.decisions.record("retention", lately(range(2), days=30) + lately(range(2, 4)))
        catch_up(backends, None, TOPIC)
        assert told_of(backends) == ["d0", "d1", "d2", "d3"]


def test_on_a_bus_of_others_they_are_told_at_once(tmp_path: Path) -> None:
    settings = Settings.read(tmp_path / "space")
    elsewhere = replace(settings, urls=replace(settings.urls, bus=f"sqlite:///{tmp_path / 'shared.db'}"))
    with open_backends(elsewhere) as backends:
        backends.decisions.record("retention", lately(range(2)))
        assert waiting(backends, "retention") == 0
        assert publish(backends, "retention") == 2


def test_the_list_of_topics_counts_those_that_wait(space: Workspace) -> None:
    space.topics.publish("payments", [{"customer": "C1", "amount": 5, "country": "DE"}], subject="customer")
    space.streams.run("fraud", drain=True)
    told = {one["topic"]: (one["events"], one["groups"]) for one in space.topics.list()}
    assert told == {"fraud.decisions": (1, 0), "payments": (1, 1)}
    assert space.topics.show("fraud.decisions")["events"] == 1
    assert {one["topic"]: one["events"] for one in space.topics.list()} == {"fraud.decisions": 1, "payments": 1}
