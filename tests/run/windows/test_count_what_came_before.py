"""A stream, requests and a table with windows: what came before a row is told the same, kept with the decision, and counted once."""

import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from payments import payment, slowly, told

from mainspring import Workspace
from mainspring.backends.opening import Settings, open_backends
from mainspring.errors import BadRecord, QualityError
from mainspring.run.desk import open_desk
from mainspring.run.windows import keeper as keepers

BOTH = ("recent_count", "recent_sum_amount")


def some(count: int, seed: int = 0, cards: str = "abc") -> list[dict]:
    """About two a second, up to 20 s out of order."""
    rng = random.Random(seed)
    return [
        payment(n, n * 0.5 + rng.uniform(0, 20), rng.choice(cards), rng.randint(0, 9), rng.choice("xyz"))
        for n in range(count)
    ]


def test_events_are_told_what_came_before_as_if_each_were_looked_up(space: Workspace, tmp_path: Path) -> None:
    events = some(600)
    space.topics.publish("payments", events)
    counts = space.streams.run("fraud", drain=True, batch=37)
    assert counts == {"events": 600, "decided": 600, "repeated": 0, "dead": 0, "errors": 0}
    expected = slowly(events)
    assert told(tmp_path, *BOTH) == expected
    held = sum(count >= 3 for count, _ in expected.values())
    assert space.status("fraud")["by_action"] == {"hold": held, "none": 600 - held}


def test_what_is_forgotten_in_memory_is_read_from_the_store(
    space: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keepers, "MOST", 1)
    monkeypatch.setattr(keepers.Keeper.__init__, "__defaults__", (1,))
    events = some(300, cards="abcdefghijklmnop")
    space.topics.publish("payments", events)
    space.streams.run("fraud", drain=True, batch=7)
    assert told(tmp_path, *BOTH) == slowly(events)


def test_an_event_that_comes_again_counts_once_and_is_answered_as_before(space: Workspace, tmp_path: Path) -> None:
    events = some(200)
    space.topics.publish("payments", events)
    space.streams.run("fraud", drain=True)
    space.topics.replay("payments", "fraud", "first")
    counts = space.streams.run("fraud", drain=True)
    assert (counts["repeated"], counts["dead"]) == (200, 0)
    space.topics.publish("payments", [payment(999, 110, "a")])
    space.streams.run("fraud", drain=True)
    assert told(tmp_path, *BOTH)["p999"] == slowly([*events, payment(999, 110, "a")])["p999"]


def test_requests_and_events_are_told_of_each_other(space: Workspace) -> None:
    space.topics.publish("payments", [payment(n, n) for n in range(3)])
    space.streams.run("fraud", drain=True)
    answer = space.decide("fraud", payment(3, 3)).to_pylist()[0]
    assert answer["action"] == "hold"
    assert space.explain("fraud", answer["decision"])["record"]["recent_count"] == 3
    assert space.decide("fraud", payment(3, 3)).to_pylist()[0]["decision"] == answer["decision"]
    again = space.decide("fraud", payment(4, 4)).to_pylist()[0]
    assert space.explain("fraud", again["decision"])["record"]["recent_count"] == 4
    assert space.replay(again["decision"])["same"]


def test_another_process_sees_what_this_one_decided(space: Workspace, tmp_path: Path) -> None:
    with Workspace(tmp_path / "space") as other:
        counts = []
        for n in range(8):
            asked = (space, other)[n % 2]
            answer = asked.decide("fraud", payment(n, n)).to_pylist()[0]
            counts.append(asked.explain("fraud", answer["decision"])["record"]["recent_count"])
    assert counts == list(range(8))


def test_rows_of_a_table_come_in_the_order_of_their_times(space: Workspace, tmp_path: Path) -> None:
    rows = [payment(n, seconds) for n, seconds in enumerate([5, 50, 1, 3])]
    space.decide("fraud", rows)
    assert told(tmp_path, "recent_count") == {"p0": (2,), "p1": (3,), "p2": (0,), "p3": (1,)}


def test_late_events_are_dead_letters_that_say_how_late_they_were(space: Workspace, tmp_path: Path) -> None:
    events = [
        payment(0, 0),
        payment(1, 100),
        payment(2, 69),
        payment(3, 70),
        payment(4, 101),
        payment(5, 20, card="b", shop="y"),
    ]
    space.topics.publish("payments", events)
    counts = space.streams.run("fraud", drain=True)
    assert (counts["decided"], counts["dead"]) == (5, 1)
    reasons = space.topics.show("payments")["dead"]
    assert reasons == {"at is 31 seconds behind the newest of the same 'card', and 30 seconds are allowed": 1}
    assert told(tmp_path, "recent_count")["p4"] == (2,)


def test_late_events_are_decided_without_windows_where_so_declared(
    space: Workspace, declare: Callable[..., Path], tmp_path: Path
) -> None:
    space.run(declare(late="{allow: 30s, then: ignore}"))
    space.topics.publish("payments", [payment(0, 100), payment(1, 10), payment(2, 101)])
    assert space.streams.run("fraud", drain=True)["decided"] == 3
    assert told(tmp_path, "recent_count", "place_distinct_card") == {"p0": (0, 0), "p1": (None, None), "p2": (1, 1)}


def test_a_clock_from_2100_is_refused_and_makes_nobody_late(space: Workspace, tmp_path: Path) -> None:
    far = payment(0, 0) | {"at": "2100-01-01 00:00:00"}
    space.topics.publish(
        "payments", [far, payment(1, 1), payment(2, 2) | {"at": "1970-01-01 00:00:01", "card": "z", "shop": "z"}]
    )
    counts = space.streams.run("fraud", drain=True)
    assert (counts["decided"], counts["dead"]) == (2, 1)
    with pytest.raises(BadRecord, match="at is more than 24 hours ahead"):
        space.decide("fraud", far)
    assert told(tmp_path, "recent_count") == {"p1": (0,), "p2": (0,)}


def test_what_is_wrong_counts_for_nothing(space: Workspace, tmp_path: Path) -> None:
    space.topics.publish("payments", [payment(0, 0), payment(1, 1, amount=-5), payment(2, 2)])
    assert space.streams.run("fraud", drain=True)["dead"] == 1
    assert told(tmp_path, "recent_count")["p2"] == (1,)


def test_a_request_that_is_refused_is_forgotten(space: Workspace, tmp_path: Path) -> None:
    space.decide("fraud", payment(0, 0))
    with pytest.raises(BadRecord):
        space.decide("fraud", [payment(1, 1), payment(2, 2, amount=-1)], strict=True)
    space.decide("fraud", payment(3, 3))
    assert told(tmp_path, "recent_count")["p3"] == (1,)


def test_windows_that_are_declared_anew_begin_with_what_was_decided(
    space: Workspace, declare: Callable[..., Path], tmp_path: Path
) -> None:
    now = datetime.now().replace(microsecond=0)
    space.decide("fraud", [payment(n, n) | {"at": now.isoformat()} for n in range(3)])
    space.run(declare(over="1 day"))
    space.decide("fraud", payment(3, 3) | {"at": now.replace(microsecond=1).isoformat()})
    assert told(tmp_path, *BOTH)["p3"] == (3, 3)


def test_protected_keys_are_kept_as_tokens_alone(space: Workspace, tmp_path: Path) -> None:
    space.decide("fraud", payment(0, 0, card="6222-0212"))
    space.decide("fraud", payment(1, 1, card="6222-0212"))
    assert told(tmp_path, "recent_count")["p1"] == (1,)
    assert not any(b"6222-0212" in file.read_bytes() for file in (tmp_path / "space").rglob("*") if file.is_file())


def test_many_keys_take_bounded_memory(space: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keepers.Keeper.__init__, "__defaults__", (900,))
    with open_backends(Settings.read(tmp_path / "space")) as backends:
        keeper = open_desk(backends, "fraud").keeper
        assert keeper is not None
        for part in range(20):
            with backends.decisions.transaction("fraud") as recording:
                rows = recording.window_rows()
                keeper.begin(rows)
                now = datetime(2026, 11, 1, 13)
                keeper.meet(
                    rows,
                    [payment(n, n % 60, card=f"c{n}", shop=f"s{n}") for n in range(part * 100, part * 100 + 100)],
                    now,
                )
                keeper.finish(rows)
            assert len(keeper) <= 900


def test_columns_called_as_a_windows_are_refused(declare: Callable[..., Path], tmp_path: Path) -> None:
    path = declare()
    (tmp_path / "payments.csv").write_text(
        "id,at,card,amount,shop,recent_count\n1,2026-01-01,a,1,x,2\n", encoding="utf-8"
    )
    with Workspace(tmp_path / "space") as opened, pytest.raises(QualityError, match="'recent_count'"):
        opened.run(path)


def test_a_table_to_learn_from_and_a_stream_are_told_the_same(declare: Callable[..., Path], tmp_path: Path) -> None:
    path, events = declare(), sorted(some(300, seed=5), key=lambda one: one["at"])
    lines = [
        ",".join(str(one[name]) for name in ("id", "at", "card", "amount", "shop"))
        for one in random.Random(1).sample(events, 300)
    ]
    (tmp_path / "payments.csv").write_text("\n".join(["id,at,card,amount,shop", *lines]), encoding="utf-8")
    names = (*BOTH, "recent_top_shop", "place_distinct_card")
    with Workspace(tmp_path / "space") as space:
        space.run(path)
        table = {row["id"]: tuple(row[name] for name in names) for row in space.lake.read("fraud.clean").to_pylist()}
        space.topics.publish("payments", events)
        space.streams.run("fraud", drain=True)
    assert table == told(tmp_path, *names)
    assert {id: one[:2] for id, one in table.items()} == slowly(events)
