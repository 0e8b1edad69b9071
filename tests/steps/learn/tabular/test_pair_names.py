"""Pair names: what two columns of names mean together, for trees that would have to cut both level by level."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.errors import QualityError
from mainspring.measure.profile import Profile, profile
from mainspring.model import Question, open_part
from mainspring.steps.learn.kinds import MODELS, learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.answers import matrix_of
from mainspring.steps.learn.tabular.paired.means import PairMeans

CLASS = Goal(Question.CLASS, "y", "log_loss", ("no", "yes"), "yes")
NUMBER = Goal(Question.NUMBER, "y", "rmse")
LEVELS = 60


def rows(goal: Goal = CLASS, n: int = 15_000, seed: int = 0) -> pa.Table:
    """Who asks for what decides; neither who nor what does alone."""
    draw = np.random.default_rng(seed)
    who, what = (draw.integers(0, LEVELS, n) for _ in range(2))
    liking = np.random.default_rng(99).normal(size=(LEVELS, LEVELS))[who, what]
    y = liking + 0.5 * draw.normal(size=n)
    truth = y if goal.question == Question.NUMBER else np.where(y > 0, "yes", "no")
    return pa.table({
        "who": who.astype(np.int32), "what": what.astype(np.int32), "noise": draw.normal(size=n), "y": truth,
    })  # fmt: skip


def budget() -> Budget:
    return Budget(time.monotonic() + 60.0)


def learned(name: str, goal: Goal) -> Any:
    return learner_named(name).fit(rows(goal), rows(goal, 1000, seed=1), goal, budget())


def loss(name: str, goal: Goal) -> float:
    model, tests = learned(name, goal), rows(goal, 3000, seed=2)
    scores = model.scores(matrix_of(tests, model.card.input))
    if goal.question == Question.NUMBER:
        return float(np.sqrt(np.mean((scores[:, 0] - tests["y"].to_numpy()) ** 2)))
    chosen = [goal.classes.index(label) for label in tests["y"].to_pylist()]
    return float(-np.mean(np.log(scores[np.arange(len(scores)), chosen])))


@pytest.mark.parametrize("goal", [CLASS, NUMBER], ids=["two classes", "a number"])
def test_two_names_tell_together_what_trees_do_not_find(goal: Goal) -> None:
    assert loss("paired", goal) < 0.95 * loss("lightgbm", goal)


def test_the_reasons_are_the_two_columns(tmp_path: Path) -> None:
    model, table = learned("paired", CLASS), rows(n=200, seed=3)
    told = model.explain(table)
    assert told.column_names == ["who", "what", "noise"]
    size = {name: float(np.abs(told[name].to_numpy()).mean()) for name in told.column_names}
    assert min(size["who"], size["what"]) > 3 * size["noise"]
    model.save(tmp_path)
    opened = open_part(tmp_path, MODELS)
    assert opened.predict(table).equals(model.predict(table))
    one = [opened.predict_one(record)["probability_yes"] for record in table.to_pylist()[:20]]
    assert one == pytest.approx(model.predict(table)["probability_yes"].to_pylist()[:20], abs=1e-9)


def test_models_of_several_seeds_are_averaged() -> None:
    seeds = [
        learner_named("paired").fit(rows(), None, Goal(**{**fields_of(CLASS), "seed": s}), budget()) for s in (1, 2)
    ]
    matrix = matrix_of(rows(n=50, seed=4), seeds[0].card.input)
    raw = [np.log(m.scores(matrix)[:, 1] / m.scores(matrix)[:, 0]) for m in seeds]
    both = seeds[0].averaged(seeds[1:]).scores(matrix)
    assert np.log(both[:, 1] / both[:, 0]) == pytest.approx((raw[0] + raw[1]) / 2, abs=1e-6)


def fields_of(goal: Goal) -> dict[str, Any]:
    return {name: getattr(goal, name) for name in goal.__dataclass_fields__}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([np.nan, np.inf, -np.inf, -1.0, 1e300]))
def test_whatever_a_row_holds_its_means_are_finite_and_its_neighbours_stay(seed: int, odd: float) -> None:
    draw = np.random.default_rng(seed)
    matrix = draw.integers(0, 6, (300, 3)).astype(np.float64)
    means, _ = PairMeans.of(matrix, np.array([0, 1, 2]), draw.normal(size=300), draw.random(300) + 0.1)
    asked = matrix[:20].copy()
    whole = means.expand(asked)
    asked[::2, 1] = odd
    made = means.expand(asked)
    assert np.isfinite(made[:, 3:]).all()
    assert (made[1::2] == whole[1::2]).all()
    assert np.vstack([means.expand(row[None]) for row in asked])[:, 3:].tolist() == made[:, 3:].tolist()
    # A name that was never seen is in no known pair.
    touched = np.repeat((means.pairs == 1).any(axis=1), 2)
    assert (made[::2, 3:][:, touched].reshape(-1, 2) == [means.whole, 0.0]).all()


def test_no_row_sees_its_own_target() -> None:
    draw = np.random.default_rng(5)
    matrix, truth = draw.integers(0, 60, (4000, 2)).astype(np.float64), draw.normal(size=4000)
    means, apart = PairMeans.of(matrix, np.array([0, 1]), truth, None)
    assert len(means) == 1
    assert abs(np.corrcoef(apart[:, 0], truth)[0, 1]) < 0.06
    seen = means.expand(matrix)[:, 2]
    assert np.corrcoef(seen, truth)[0, 1] > 0.3, "their own would give the target away"


def test_without_names_or_with_many_classes_there_is_nothing_to_pair() -> None:
    few = pa.table({"a": np.arange(100.0), "b": np.arange(100.0)[::-1], "y": ["no", "yes"] * 50})
    with pytest.raises(QualityError, match="no two columns are names"):
        learner_named("paired").fit(few, None, CLASS, budget())
    assert "names" in (learner_named("paired").fits(CLASS, profile(few.select(["a", "y"]), "y")) or "")
    many = Goal(Question.CLASS, "y", "log_loss", ("a", "b", "c"))
    assert "two classes" in (learner_named("paired").fits(many, Profile(rows=100)) or "")


def test_bad_rows_are_learned_from_or_refused(capfd: pytest.CaptureFixture[str]) -> None:
    learner = learner_named("paired")
    with pytest.raises(QualityError, match="one class"):
        learner.fit(rows(n=600).set_column(3, "y", pa.array(["no"] * 600)), None, CLASS, budget())
    with pytest.raises(QualityError, match="no two columns are names"):
        learner.fit(rows(n=2).set_column(3, "y", pa.array(["no", "yes"])), None, CLASS, budget())
    wild = rows(NUMBER, 800)
    wild = wild.set_column(2, "noise", pa.array([np.inf, -1e300] * 400)).set_column(
        3, "y", pa.array([1e9, -1e-9] * 400)
    )
    assert np.isfinite(learner.fit(wild, None, NUMBER, budget()).predict(wild)["prediction"].to_numpy()).all()
    constant = rows(NUMBER, 800).set_column(3, "y", pa.array([3.0] * 800))
    assert learner.fit(constant, None, NUMBER, budget()).predict(constant)["prediction"].to_numpy() == pytest.approx(
        3.0
    )
    over = learner.fit(rows(n=800), None, CLASS, Budget(time.monotonic() - 1.0))
    assert np.isfinite(over.predict(rows(n=20))["probability_yes"].to_numpy()).all()
    assert capfd.readouterr() == ("", "")


def test_a_pair_of_which_nothing_is_common_tells_nothing() -> None:
    matrix = np.column_stack([np.arange(500.0), np.arange(500.0) % 50])
    means, apart = PairMeans.of(matrix, np.array([0, 1]), np.arange(500.0), None)
    assert len(means) == 0
    assert apart.shape == (500, 0)
    assert (means.expand(matrix) == matrix).all()
