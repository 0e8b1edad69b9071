"""A top learns from what the members of a blend answered: where that surely gains, and only there."""

import json
import pickle
import time
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest

from mainspring.automation.learn import Learn, Limits, Split
from mainspring.model import Question
from mainspring.steps.learn.blend.model import Blend
from mainspring.steps.learn.checks import check_model
from mainspring.steps.learn.finish import finish
from mainspring.steps.learn.found import Found
from mainspring.steps.learn.kinds import MODELS, learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.record.ledger import Ledger
from mainspring.steps.learn.stack.model import StackedModel
from mainspring.steps.learn.tabular.answers import matrix_of
from mainspring.steps.learn.tabular.scores import Scores

GOAL = Goal(Question.NUMBER, "y", "rmse")
MEMBERS = ["linear", "extra_trees"]


def ripples(rows: int, chance: float, seed: int = 1) -> pa.Table:
    """A number that hangs on a line and on steps of it, which neither a line nor few trees make out."""
    draw = np.random.default_rng(seed)
    x = draw.uniform(-2, 2, (rows, 6))
    line = x @ np.array([1.0, -2.0, 0.5, 1.5, -1.0, 2.0])
    y = line + 2.0 * np.sign(np.sin(2.0 * line)) + chance * draw.normal(size=rows)
    return pa.table({**{f"x{j}": x[:, j] for j in range(6)}, "y": y})


def inner(found: Found) -> tuple[Scores, ...]:
    return cast(tuple[Scores, ...], cast(Blend, found.model.model).members)


def declared(**terms: Any) -> Learn:
    split = Split(folds=3, **terms.pop("split", {}))
    return Learn(target="y", candidates=MEMBERS, split=split, limits=Limits(time="60s", **terms))


@pytest.fixture(scope="module")
def made() -> tuple[StackedModel, pa.Table]:
    """A stack, and rows of its features."""
    rows, budget = ripples(300, 0.1), Budget(time.monotonic() + 60.0)
    members = [cast(Scores, learner_named(name).fit(rows, None, GOAL, budget)) for name in MEMBERS]
    matrix, more = matrix_of(rows, members[0].card.input), rows
    for j, member in enumerate(members):
        more = more.append_column(f"answer {j + 1}", pa.array(member.scores(matrix)[:, 0]))
    top = cast(Scores, learner_named("lightgbm", tuned={"rounds": 30}).fit(more, None, GOAL, budget))
    card = replace(members[0].card, kind="stacked")
    return StackedModel(card, members, [0.25, 0.75], top, 0.6), rows.drop_columns(["y"])


def test_a_stack_keeps_what_every_model_keeps(made: tuple[StackedModel, pa.Table]) -> None:
    model, rows = made
    assert check_model(model, rows, MODELS) == []
    assert pickle.loads(pickle.dumps(model)).predict(rows) == model.predict(rows)


def test_what_moved_a_number_adds_up_to_it(made: tuple[StackedModel, pa.Table]) -> None:
    model, rows = made
    matrix = matrix_of(rows, model.card.input)
    apart = model.scores(matrix)[:, 0] - model.contributions(matrix).sum(axis=1)
    assert np.ptp(apart) < 1e-6


def test_a_top_is_learned_where_it_surely_gains(find) -> None:
    found = find(ripples(1500, 0.05), declared())
    (stack,) = inner(found)
    assert isinstance(stack, StackedModel)
    assert len(stack.members) >= 1
    best = min(c.metrics["rmse"] for c in found.candidates if c.metrics)
    assert found.metrics["rmse"] < 0.9 * best
    unseen = ripples(600, 0.05, seed=2)
    told = found.model.predict(unseen)["prediction"].to_numpy()
    mean = np.sum(
        [
            member.scores(matrix_of(found.model.transform.apply(unseen), member.card.input))[:, 0] * weight
            for member, weight in zip(stack.members, stack.weights, strict=True)
        ],
        axis=0,
    )
    truth = unseen["y"].to_numpy()
    assert np.mean((told - truth) ** 2) < 0.8 * np.mean((mean - truth) ** 2)
    assert any("trees over the members' answers" in note for note in found.model.card.notes)


def test_where_chance_is_most_of_it_there_is_none(find) -> None:
    found = find(ripples(1500, 30.0), declared())
    assert not any(isinstance(member, StackedModel) for member in inner(found))


@pytest.mark.parametrize("limits", [{"interpretable": True}, {"split": {"by": "time", "column": "x0"}}], ids=str)
def test_nobody_is_given_a_top_who_could_not_use_it(find, limits: dict[str, Any], monkeypatch) -> None:
    if "split" in limits:
        monkeypatch.setattr(finish, "LEAST_SHARE", 0.99)  # as where the first fold learns from fewer rows
    found = find(ripples(1500, 0.05), declared(**limits))
    assert not any(isinstance(member, StackedModel) for member in inner(found))


def test_a_model_too_slow_with_a_top_goes_without(find, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = StackedModel.predict_one, StackedModel.scores

    def scores(self: StackedModel, matrix: Any) -> Any:
        time.sleep(0.02)
        return slow[1](self, matrix)

    monkeypatch.setattr(StackedModel, "scores", scores)
    found = find(ripples(1500, 0.05), declared(latency="15ms"))
    assert not any(isinstance(member, StackedModel) for member in inner(found))
    assert all(kept.ok for kept in found.kept)


def test_a_search_done_again_has_the_same_top(find, processes) -> None:
    ledger = Ledger()
    first = find(ripples(1500, 0.05), declared(), executor=processes, workers=2, ledger=ledger)
    read = Ledger.from_dict(json.loads(json.dumps(ledger.to_dict())))
    again = find(ripples(1500, 0.05), declared(), executor=processes, ledger=Ledger(followed=read))
    assert isinstance(inner(first)[0], StackedModel)
    rows = ripples(50, 0.05, seed=3)
    assert again.model.predict(rows) == first.model.predict(rows)
    assert (again.oof == first.oof).all()
