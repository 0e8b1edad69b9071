"""A desk is opened once and asked many times; what its model prepares may be prepared before the first who asks."""

import random
import threading
from pathlib import Path

import pytest

from mainspring.backends.opening import Settings, open_backends
from mainspring.model import SEVERAL, Prepared
from mainspring.run.decide import decide_events
from mainspring.run.desk import SOME, Desk, open_desk
from mainspring.steps.decide.receipts import hash_of_one, hashes_of_many
from mainspring.workspace import Workspace

from .conftest import declare


def test_a_warm_desk_answers_as_a_cold_one_few_and_many(learned: Path) -> None:
    dice = random.Random(1)
    rows = [{"customer": f"N{n}", "tenure": dice.randint(0, 70), "contract": dice.choice(["One year", "新", None]),
             "charges": round(dice.uniform(20, 110), 2)} for n in range(60)]  # fmt: skip
    with open_backends(Settings.read(learned)) as backends:
        cold, warm = open_desk(backends, "retention"), open_desk(backends, "retention")
        warm.warm()
        told = {
            name: decide_events(desk, backends, rows, [f"{name}{i}" for i in range(60)]).recorded.decisions
            for name, desk in (("cold", cold), ("warm", warm))
        }
        few = [
            decide_events(warm, backends, [row], [f"few{i}"]).recorded.decisions[0] for i, row in enumerate(rows[:20])
        ]
    answers = {name: [(d.action, d.probabilities) for d in decisions] for name, decisions in told.items()}
    assert answers["cold"] == answers["warm"]
    assert [d.action for d in few] == [action for action, _ in answers["warm"][:20]]


def test_several_are_answered_without_a_table_as_with_one(learned: Path) -> None:
    dice = random.Random(2)
    rows = [{"customer": f"N{n}", "tenure": dice.choice([dice.randint(0, 70), None, " 7 ", 3.5]),
             "contract": dice.choice(["One year", "新", None, "", 12]), "charges": round(dice.uniform(20, 110), 2)}
            for n in range(SEVERAL + 1)]  # fmt: skip
    with open_backends(Settings.read(learned)) as backends:
        desk = open_desk(backends, "retention")
        model = desk.model
        assert isinstance(model, Prepared)
        assert model.answers_each
        protected = [desk.protect(row) for row in rows]
        for count in (2, 3, 40, SEVERAL):
            asked = protected[:count]
            assert desk.answers(asked) == model.predict(desk.table(asked)).to_pylist()
            features = model.transform.apply(desk.table(asked))
            assert hashes_of_many(features) == [hash_of_one(model.transform.apply_one(row).values()) for row in asked]
        more, several = desk.answers(protected), desk.answers(protected[:SEVERAL])
    for one, other in zip(more, several, strict=False):
        assert one == pytest.approx(other)


def test_what_is_wrong_is_found_among_few_and_many_alike(learned: Path) -> None:
    good = {"customer": "N", "tenure": 3, "contract": "One year", "charges": 70.0}
    bad = [{**good, "tenure": "soon"}, {**good, "charges": [1]}, {**good, "contract": "\ud800"}]
    with open_backends(Settings.read(learned)) as backends:
        desk = open_desk(backends, "retention")
        for count in (3, SOME, SEVERAL, SEVERAL + 1):
            rows = [desk.protect(row) for row in [*bad, *[good] * count]]
            assert desk.wrong_among(rows) == desk.wrong_each(rows) == dict(enumerate(map(desk.wrong, rows[:3])))


def test_who_serves_makes_every_desk_ready_once_and_each_version_after_it(
    space: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm, warmed = Desk.warm, list[int | None]()

    def noted(desk: Desk) -> None:
        warmed.append(desk.decider.model_version)
        warm(desk)

    monkeypatch.setattr(Desk, "warm", noted)
    with Workspace(space) as workspace:
        record = {"customer": "A", "tenure": 3, "contract": "One year", "charges": 70.0}
        workspace.decide("retention", record)
        assert warmed == [], "who asks once pays for no more"
        assert workspace.live.open_all() == ["retention"] == workspace.live.open_all()
        assert warmed == [1]
        workspace.run(declare(tmp_path), fresh=True)
        workspace.models.promote("retention", 2)
        assert workspace.decide("retention", record)["model_version"].to_pylist() == [2]
        assert workspace.live.open_all() == ["retention"]
        assert warmed == [1, 2]


def test_who_asks_how_it_is_doing_is_told_of_the_version_that_was_just_promoted(
    space: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workspace(space) as workspace:
        workspace.run(declare(tmp_path), fresh=True)
        first, second = (one.version for one in workspace.models.list("retention")[-2:])
        workspace.models.promote("retention", first)
        front = workspace._front
        assert workspace.status("retention")["champion"] == first
        mark, promoted = front._mark, list[int]()

        def overtaken(name: str) -> object:
            looked = mark(name)
            if not promoted:
                promoted.append(second)
                workspace.models.promote("retention", second)
            return looked

        monkeypatch.setattr(front, "_mark", overtaken)
        front.forget()
        front.desk("retention")
        assert promoted == [second], "between looking and keeping what was seen"
        assert workspace.status("retention")["champion"] == second

        workspace.models.promote("retention", first)
        assert front._lock.acquire()
        threading.Timer(0.3, front._lock.release).start()
        assert front.desk("retention").decider.model_version == second, "others go on while one opens the next"
        assert workspace.status("retention")["champion"] == first
