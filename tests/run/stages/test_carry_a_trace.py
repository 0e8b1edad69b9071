"""Whose trace a decision belongs to is kept with its action, and goes on with the event that carries it out."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring import Automation, Workspace
from mainspring.backends.bus.encoding import encode, read
from mainspring.event import Event
from mainspring.run.stages.stages import Heard, alone, heard_by, stage, traces

TRACES = [f"00-{n:032x}-{n:016x}-01" for n in range(1, 9)]


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("carried")
    (folder / "people.csv").write_text("id,age,town\n1,20,a\n2,70,b\n", encoding="utf-8")
    declared = {
        "name": "shop",
        "source": {"table": str(folder / "people.csv"), "key": "id"},
        "decide": {"rules": [{"if": "age > 60", "then": "call", "because": "older"}]},
        "act": {"call": {"file": "calls.jsonl"}},
    }
    with Workspace(folder / "space") as opened:
        opened.run(Automation.model_validate(declared))
        yield opened


def traces_of(space: Workspace) -> dict[str, str | None]:
    """Subject → the trace that its action in the outbox belongs to."""
    entries = space._backends.outbox.list("shop")
    return {str(entry.action.event.subject): entry.action.event.trace for entry in entries}


def test_one_that_cannot_be_read_moves_no_trace_to_its_neighbour(space: Workspace) -> None:
    ages = [70, "none at all", 71, [1], 72, {"a": 1}, 73, 3]
    records = [{"id": f"n{place}", "age": age} for place, age in enumerate(ages)]
    heard = Heard(TRACES)
    rows = heard_by(heard, lambda: space.live.decide("shop", records, "neighbours"))
    assert [isinstance(row, dict) for row in rows] == [True, False, True, False, True, False, True, True]
    kept = traces_of(space)
    assert {name: kept[name] for name in ("n0", "n2", "n4", "n6")} == {f"n{n}": TRACES[n] for n in (0, 2, 4, 6)}
    assert {stage.name for stage in heard.stages} == {"decide", "journal"}


def test_who_is_asked_about_alone_is_told_with_the_own_trace() -> None:
    heard = Heard([TRACES[0], None, TRACES[2]])

    def one() -> dict[int, str]:
        with stage("decide"):
            return traces([0])

    told = heard_by(heard, lambda: [alone(place, one) for place in range(3)])
    assert told == [{0: TRACES[0]}, {}, {0: TRACES[2]}]
    assert len(heard.stages) == 3
    assert alone(1, one) == {}  # nobody listens


def test_all_of_one_request_belong_to_its_trace(space: Workspace) -> None:
    records = [{"id": f"a{n}", "age": 70} for n in range(3)]
    heard_by(Heard(TRACES[0]), lambda: space.live.decide("shop", records))
    assert {traces_of(space)[f"a{n}"] for n in range(3)} == {TRACES[0]}


def test_where_nobody_listens_none_is_kept(space: Workspace) -> None:
    space.live.decide("shop", [{"id": "unheard", "age": 70}])
    assert traces_of(space)["unheard"] is None


def test_a_file_has_it_with_the_event(space: Workspace) -> None:
    heard_by(Heard(TRACES[3]), lambda: space.live.decide("shop", [{"id": "filed", "age": 70}]))
    space.actions.deliver()
    lines = [json.loads(line) for line in (Path(space.place) / "calls.jsonl").read_text("utf-8").splitlines()]
    assert [line["traceparent"] for line in lines if line["subject"] == "filed"] == [TRACES[3]]


def event(trace: str | None) -> Event:
    return Event("1", "/s", "t", datetime(2026, 1, 1, tzinfo=UTC), {"a": 1}, None, trace)


@pytest.mark.parametrize("trace", [None, TRACES[0]])
def test_what_is_written_is_read(trace: str | None) -> None:
    [body] = encode([event(trace)])
    assert read(json.loads(body), datetime.now(UTC)) == event(trace)
    assert ("traceparent" in json.loads(body)) == (trace is not None)


@given(st.none() | st.booleans() | st.integers() | st.text(max_size=80) | st.lists(st.text(max_size=3)))
def test_what_is_no_trace_spoils_no_event_and_goes_nowhere(told: object) -> None:
    plain = {**event(None).structured(), "traceparent": told}
    assert read(plain, datetime.now(UTC)).trace is None
