"""Events come on a topic; each is decided once, acted on once, and its decision is an event again."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from orders import NOON

from mainspring import Workspace
from mainspring.backends.bus.encoding import LARGEST, encode
from mainspring.backends.opening import Settings, open_backends
from mainspring.errors import NotFound, SpecError
from mainspring.event import Event


def payments(count: int, first: int = 0) -> list[dict]:
    return [{"customer": f"C{n}", "amount": n % 80, "country": "DE"} for n in range(first, first + count)]


def everything(space: Workspace, topic: str) -> list[dict]:
    return space.topics.show(topic, newest=10_000)["newest"]


def test_every_event_is_decided_and_every_decision_is_an_event(space: Workspace) -> None:
    space.topics.publish("payments", payments(200), subject="customer")
    counts = space.streams.run("fraud", drain=True, batch=64)
    assert counts == {"events": 200, "decided": 200, "repeated": 0, "dead": 0, "errors": 0}
    decisions = everything(space, "fraud.decisions")
    assert [one["data"]["record"]["customer"] for one in decisions] == [f"C{n}" for n in range(200)]
    assert {one["data"]["action"] for one in decisions if one["data"]["record"]["amount"] > 40} == {"hold"}
    held = sum(one["data"]["action"] == "hold" for one in decisions)
    assert space.status("fraud")["by_action"] == {"hold": held, "none": 200 - held}
    assert space.actions.deliver()["delivered"] == held
    assert {one["id"] for one in everything(space, "held")} == {
        one["id"] for one in decisions if one["data"]["action"] == "hold"
    }
    told = space.explain("fraud", decisions[0]["id"])
    assert told["record"]["customer"] == "C0"


def test_an_event_that_comes_again_is_answered_as_before(space: Workspace) -> None:
    space.topics.publish("payments", payments(100))
    space.streams.run("fraud", drain=True)
    space.topics.replay("payments", "fraud", "first")
    assert space.streams.run("fraud", drain=True)["repeated"] == 100
    assert space.topics.show("fraud.decisions")["events"] == 100
    assert sum(space.status("fraud")["by_action"].values()) == 100


def test_the_same_record_in_another_event_is_another_decision(space: Workspace) -> None:
    space.topics.publish("payments", payments(1), key="a")
    space.topics.publish("payments", payments(1), key="b")
    assert space.streams.run("fraud", drain=True)["decided"] == 2


def test_what_cannot_be_decided_is_a_dead_letter_and_spoils_nothing(space: Workspace, tmp_path: Path) -> None:
    with open_backends(Settings.read(tmp_path / "space")) as backends:
        bus = backends.buses.own
        good, odd = payments(60), {"customer": "C1", "amount": -5}
        space.topics.publish("payments", good[:30])
        space.topics.publish("payments", [odd, {"amount": "many"}, {"amount": [1], "country": {"a": {"b": 1}}}])
        space.topics.publish("payments", good[30:])
        raw = [b"", b"{", b"\xff\xfe", b"null", b"[]", b'{"specversion":"1.0"}', b'{"amount":NaN}', b"[" * 5000]
        _raw(bus, "payments", raw)
        counts = space.streams.run("fraud", drain=True)
    assert (counts["events"], counts["decided"]) == (71, 60)
    assert counts["dead"] == 11
    reasons = space.topics.show("payments")["dead"]
    assert reasons["amount must be at least 0"] == 1
    assert reasons["it is not JSON in UTF-8"] >= 5
    assert all("many" not in reason and "-5" not in reason for reason in reasons)


def _raw(bus, topic: str, bodies: list[bytes]) -> None:
    """Bodies that no publisher of ours would send."""
    with bus.writing() as db:
        at = db.execute("SELECT * FROM topics WHERE name = ?", (topic,)).fetchone()
        for i, body in enumerate(bodies):
            place = at["id"] * (1 << 40) + at["next"] + i
            db.execute("INSERT INTO events VALUES (?, ?, ?, ?)", (place, at["latest"], f"raw{i}".encode(), body))
        db.execute("UPDATE topics SET next = next + ? WHERE id = ?", (len(bodies), at["id"]))


def test_dead_letters_are_decided_once_they_can_be(space: Workspace, declare: Callable[..., Path]) -> None:
    space.topics.publish("payments", [{"customer": "C1", "amount": -5}, {"customer": "C2", "amount": -50}])
    assert space.streams.run("fraud", drain=True)["dead"] == 2
    path = declare()
    path.write_text(path.read_text(encoding="utf-8").replace("min: 0", "min: -10"), encoding="utf-8")
    space.run(path)
    assert space.topics.retry("payments") == {"published": 2, "lost": 0}
    counts = space.streams.run("fraud", drain=True)
    assert (counts["decided"], counts["dead"]) == (1, 1)


def test_clocks_that_are_wrong_change_nothing(space: Workspace, tmp_path: Path) -> None:
    with open_backends(Settings.read(tmp_path / "space")) as backends:
        events = [
            Event(f"e{year}", "shop", "payment", _year(year), {"customer": "C1", "amount": 50})
            for year in (1970, 2100, 1, 9999)
        ]
        backends.buses.own.publish("payments", events)
    assert space.streams.run("fraud", drain=True)["decided"] == 4
    assert all(one["at"][:4] not in ("1970", "2100") for one in everything(space, "fraud.decisions"))


def _year(year: int) -> datetime:
    return datetime(year, 1, 1, 12, tzinfo=UTC)


def test_workers_share_the_events(space: Workspace, tmp_path: Path) -> None:
    space.topics.publish("payments", payments(600))
    counts: list[dict] = []
    with Workspace(tmp_path / "space") as other:
        threads = [
            threading.Thread(target=lambda s=s: counts.append(s.streams.run("fraud", drain=True, batch=20)))
            for s in (space, other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(count["decided"] for count in counts) == 600
    assert sum(space.status("fraud")["by_action"].values()) == 600
    assert (
        len({one["id"] for one in everything(space, "fraud.decisions")})
        == 600
        == space.topics.show("fraud.decisions")["events"]
    )


def test_it_stops_when_it_is_told_to(space: Workspace) -> None:
    thread = threading.Thread(target=space.streams.run, args=("fraud",))
    thread.start()
    space.topics.publish("payments", payments(10))
    _wait_for(lambda: sum(space.status("fraud")["by_action"].values()) == 10)
    space.streams.stop()
    thread.join(10)
    assert not thread.is_alive()


def _wait_for(holds: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_who_decides_on_no_events(space: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        space.streams.run("nobody", drain=True)
    path = tmp_path / "still.yaml"
    path.write_text(
        "name: still\nsource: {table: payments.csv}\ndecide: {rules: [{if: 'amount > 1', then: skip}]}\n",
        encoding="utf-8",
    )
    space.run(path)
    with pytest.raises(SpecError, match="no events"):
        space.streams.run("still", drain=True)
    assert space.streams.names() == ["fraud"]


def test_what_is_forgiven_is_decided_as_none(space: Workspace, declare: Callable[..., Path]) -> None:
    space.run(declare(decide=", on_error: none"))
    space.topics.publish("payments", [{"customer": "C1", "amount": -5}, {"customer": "C2", "amount": 60}])
    assert space.streams.run("fraud", drain=True)["decided"] == 2
    assert space.status("fraud")["by_action"] == {"none": 1, "hold": 1}


def test_a_decision_on_an_event_can_be_made_again(space: Workspace) -> None:
    space.topics.publish("payments", payments(60))
    space.streams.run("fraud", drain=True)
    for one in everything(space, "fraud.decisions")[::20]:
        assert space.replay(one["id"])["same"]


def test_capacity_holds_over_batches(space: Workspace, declare: Callable[..., Path]) -> None:
    space.run(declare(decide=", capacity: 5 per week"))
    space.topics.publish("payments", [{"customer": f"C{n}", "amount": 60} for n in range(50)])
    space.streams.run("fraud", drain=True, batch=7)
    assert space.status("fraud")["by_action"]["hold"] in (5, 10)  # a week may end meanwhile


def test_decisions_of_all_doors_are_events(space: Workspace, tmp_path: Path) -> None:
    with Workspace(tmp_path / "space") as other:
        other.decide("fraud", [{"customer": "C9", "amount": 50}, {"customer": "C8", "amount": 5}])
    assert [one["data"]["record"]["customer"] for one in everything(space, "fraud.decisions")] == ["C9", "C8"]


def test_automations_compose(space: Workspace, tmp_path: Path) -> None:
    """The decisions of one are the events of another."""
    space.topics.publish("payments", payments(100))
    space.streams.run("fraud", drain=True)
    path = tmp_path / "desk.yaml"
    path.write_text(
        "name: desk\nsource: {table: 'topic:fraud.decisions', key: customer}\n"
        "decide: {rules: [{if: \"decided == 'hold'\", then: skip}]}\n",
        encoding="utf-8",
    )
    result = space.run(path)
    assert result.counts["rows"] == 100
    assert space.streams.run("desk", drain=True)["decided"] == 100


def test_events_are_collected_once(space: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "learnt.yaml"
    path.write_text(
        "name: learnt\nsource: {table: 'topic:payments', key: customer}\ndecide: {rules: [{if: 'amount > 1', then: skip}]}\n",
        encoding="utf-8",
    )
    space.topics.publish("payments", payments(30))
    assert space.run(path).counts["rows"] == 30
    space.topics.publish("payments", payments(12, first=30))
    assert space.run(path).counts["rows"] == 42
    assert space.run(path).counts["rows"] == 42
    assert sorted(space.lake.read("learnt.raw").column("customer").to_pylist()) == sorted(f"C{n}" for n in range(42))
    assert space.run(path, fresh=True).counts["rows"] == 42


def test_a_decision_that_no_bus_can_carry_is_an_event_without_its_record(space: Workspace, tmp_path: Path) -> None:
    names = [f"t{n}" for n in range(11)]
    (tmp_path / "long.csv").write_text(
        ",".join(names) + "\n" + "\n".join(",".join(names) for _ in range(9)) + "\n", encoding="utf-8"
    )
    path = tmp_path / "long.yaml"
    path.write_text(
        "name: long\nsource: {table: long.csv, events: 'topic:texts'}\ndecide: {rules: [{if: \"t0 != 'a'\", then: act}]}\n",
        encoding="utf-8",
    )
    space.run(path)
    row = dict.fromkeys(names, "x" * 90000)
    room = LARGEST - 20 - len(encode([Event("e", "shop", "text", NOON, row)])[0])
    row = {name: text + "x" * (room // 11) for name, text in row.items()}
    with open_backends(Settings.read(tmp_path / "space")) as backends:
        backends.buses.own.publish(
            "texts", [Event("e", "shop", "text", NOON, row), Event("f", "shop", "text", NOON, {"t0": "x"})]
        )
    assert space.streams.run("long", drain=True)["decided"] == 2
    first, second = everything(space, "long.decisions")
    assert (first["data"]["action"], first["data"]["record"]) == ("act", None)
    assert second["data"]["record"]["t0"] == "x"
