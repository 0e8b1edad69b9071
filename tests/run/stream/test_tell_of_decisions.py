"""A decision's event is made of what is in hand, or read from the journal: it is the same event."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from mainspring.backends.opening import Settings, open_backends
from mainspring.decision import Decision, Reason
from mainspring.run.stream.published import event_of, event_of_row, publish

AT = datetime(2026, 3, 1, 12, 30, 0, 123456, tzinfo=UTC)


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
    first, second, third = (made(n, {"n": n}) for n in range(3))
    with open_backends(Settings.read(tmp_path)) as backends:
        bus = backends.buses.own

        def told() -> list[int]:
            return [message.offset for message in bus.read("retention.decisions", "first", 10)]

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
