"""``durable: false``: answered first, recorded within moments, and nothing is lost where the gateway is closed."""

import threading
import time
from pathlib import Path
from types import MappingProxyType

import pytest

from mainspring import Workspace
from mainspring.errors import BadRecord, StoreError
from mainspring.run.live import later as later_room
from mainspring.run.live.later import Later


def rows(workspace: Workspace, count: int, occasion: str, *, durable: bool) -> list:
    people = [{"customer": f"Q{n}", "tenure": n} for n in range(count)]
    return workspace.live.decide("retention", people, occasion, reasons=False, durable=durable)


def test_it_is_the_same_decision(place: Path, copied, tmp_path: Path) -> None:
    space = copied(place, tmp_path / "space")
    with Workspace(space) as workspace:
        ahead = rows(workspace, 30, "a", durable=False)
    with Workspace(space) as workspace:
        kept = {row["decision"]: row for row in workspace.live.page("retention", 100)}
        assert [kept[row["decision"]]["action"] for row in ahead] == [row["action"] for row in ahead]
        assert workspace.actions.counts("retention")["waiting"] >= sum(row["action"] != "none" for row in ahead) > 0
        again = rows(workspace, 30, "a", durable=True)
        assert [row["decision"] for row in again] == [row["decision"] for row in ahead]


def test_it_is_recorded_within_moments(workspace: Workspace) -> None:
    before = workspace.live.newest("retention")
    made = rows(workspace, 10, "moments", durable=False)
    deadline = time.monotonic() + 20
    while len(found := workspace.live.after("retention", before, 100)) < 10:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert {row["decision"] for row in made} <= {row["decision"] for row in found}


def test_a_bad_record_is_told_and_not_recorded(workspace: Workspace) -> None:
    told = workspace.live.decide(
        "retention", [{"tenure": "soon"}, {"tenure": 3}], ["x", "y"], reasons=False, durable=False
    )
    assert isinstance(told[0], BadRecord)
    assert told[1]["action"]


def test_over_http(client) -> None:
    answer = client.post(
        "/v1/automations/retention/decisions", json={"record": {"customer": "D1", "tenure": 3}, "durable": False}
    )
    assert answer.status_code == 200
    assert client.post("/v1/automations/retention/decisions", json={"record": {}, "durable": 1}).status_code == 422


class Desk:
    class automation:
        name = "shop"


class Made:
    decided = MappingProxyType({0: "d"})


def test_what_cannot_be_recorded_now_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(later_room, "PAUSE", 0.01)
    tried: list[int] = []

    def keep(desk: object, made: list) -> None:
        tried.append(len(made))
        if len(tried) < 4:
            raise StoreError("the database cannot be reached")

    later = Later(keep)
    assert later.take(Desk, Made)
    deadline = time.monotonic() + 20
    while len(tried) < 4:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    later.close()
    assert not later.take(Desk, Made)


def test_too_many_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(later_room, "MOST", 1)
    gate = threading.Event()
    later = Later(lambda *_: gate.wait(20))
    assert later.take(Desk, Made)
    assert not later.take(Desk, Made)
    gate.set()
    later.close()
