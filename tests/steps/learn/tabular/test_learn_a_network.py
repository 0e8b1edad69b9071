"""Neural networks on PyTorch and on TensorFlow: one implementation, the same quality, answers in numpy as the framework's own."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from mainspring.automation.learn import Learn
from mainspring.errors import MissingExtra
from mainspring.measure.profile import Profile
from mainspring.model import Question, seal
from mainspring.steps.learn.goal import goal_of
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.portfolio import chosen
from mainspring.steps.learn.tabular.answers import matrix_of
from mainspring.steps.learn.tabular.lesson import lesson_of
from mainspring.steps.learn.tabular.network import framework
from mainspring.steps.learn.tabular.network.encoding import FEW, Encoding
from mainspring.steps.learn.tabular.network.fit import RECIPES
from mainspring.steps.learn.tabular.network.framework import FRAMEWORKS, trainer_on
from mainspring.steps.learn.tabular.network.model import NetworkModel
from mainspring.steps.learn.tabular.network.weights import begin

CLASS = Goal(Question.CLASS, "y", "log_loss", ("no", "yes"), "yes")
MANY = Goal(Question.CLASS, "y", "log_loss", ("a", "b", "c", "d"))
NUMBER = Goal(Question.NUMBER, "y", "rmse")
on_each = pytest.mark.parametrize("library", FRAMEWORKS)


def rows(n: int, goal: Goal, seed: int = 0) -> pa.Table:
    """Waves, a product and categories: what a straight line does not follow."""
    draw = np.random.default_rng(seed)
    x, plan = draw.normal(size=(n, 5)), draw.integers(-1, 6, n).astype(np.int32)
    level = 2.0 * np.sin(2.0 * x[:, 0]) + x[:, 1] * x[:, 2] + np.array([0.0, 2.0, -2.0, 1.0, -1.0, 0.5, -0.5])[plan + 1]
    level += draw.normal(size=n) * 0.5
    x[draw.random((n, 5)) < 0.05] = np.nan
    table = pa.table({f"x{j}": x[:, j] for j in range(5)} | {"plan": plan})
    if not goal.classes:
        return table.append_column("y", pa.array(level))
    edges = np.linspace(-2.0, 2.0, len(goal.classes) + 1)[1:-1]
    return table.append_column("y", pa.array(np.array(goal.classes)[np.digitize(level, edges)]))


def learned(name: str, goal: Goal, table: pa.Table, valid: pa.Table | None = None, **more: Any) -> NetworkModel:
    model = learner_named(name, **more).fit(table, valid, goal, Budget(time.monotonic() + 60.0, 1))
    assert isinstance(model, NetworkModel)
    return model


def raw(model: NetworkModel, table: pa.Table) -> np.ndarray:
    """Log-odds of the second class."""
    chance = model.predict(table)["probability_yes"].to_numpy()
    return np.log(chance / (1.0 - chance))


@on_each
@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("goal", [CLASS, MANY, NUMBER], ids=["two classes", "four classes", "a number"])
def test_numpy_answers_as_the_framework(library: str, name: str, goal: Goal) -> None:
    table = rows(200, goal)
    lesson = lesson_of(table, goal)
    encoding, shape = Encoding.of(lesson.matrix, lesson.categories), RECIPES[name].shape
    sizes = len(encoding.numbers), encoding.width, len(encoding.categories), encoding.places
    start = begin(shape, sizes, np.zeros(4 if goal is MANY else 1), seed=3)
    draw = np.random.default_rng(0)
    start = replace(start, head=draw.normal(size=start.head.shape).astype(np.float32) / 10)
    trainer = trainer_on(library)(start, "many" if goal is MANY else "two", 0.0, 0.0, 0)
    plain, codes = encoding.plain(lesson.matrix), encoding.codes(lesson.matrix)
    theirs = np.asarray(trainer.answers(plain.astype(np.float32), codes.astype(np.int32))).mean(axis=1)
    wide = trainer.weights().astype(np.float64)
    ours = wide.answer(wide.embed(plain.astype(np.float32).astype(np.float64), codes))
    assert np.abs(ours - theirs).max() < 1e-6 * max(1.0, np.abs(theirs).max())


@pytest.mark.parametrize("count", [1, FEW, FEW + 1])
def test_a_row_is_seen_as_among_many(count: int) -> None:
    draw = np.random.default_rng(count)
    matrix = draw.normal(size=(300, count)) * 10.0 ** draw.integers(-5, 12, count)
    matrix[draw.random(matrix.shape) < 0.1] = np.nan
    encoding = Encoding.of(matrix, ())
    matrix[:20] *= 1e150
    matrix[0], matrix[1], matrix[2] = np.inf, -np.inf, np.nan
    many = encoding.plain(matrix)
    assert np.isfinite(many).all()
    assert np.array_equal(np.concatenate([encoding.plain(matrix[i : i + 1]) for i in range(len(matrix))]), many)
    assert encoding.codes(matrix).shape == (300, 0)


def test_both_frameworks_learn_as_well() -> None:
    """In one process, one after the other, and both again."""
    train, test = rows(1600, CLASS), rows(2000, CLASS, seed=9)
    truth = np.array(test["y"].to_pylist()) == "yes"
    quality = [
        roc_auc_score(truth, raw(learned("network", replace(CLASS, framework=library), train.slice(0, 1300), train.slice(1300)), test))
        for library in FRAMEWORKS * 2
    ]  # fmt: skip
    assert quality[0] == pytest.approx(quality[1], abs=0.01)
    assert quality[:2] == quality[2:]
    assert min(quality) > 0.9


@pytest.mark.parametrize(("library", "goal"), [("torch", MANY), ("tensorflow", NUMBER)], ids=FRAMEWORKS)
def test_a_network_follows_what_a_line_does_not(library: str, goal: Goal) -> None:
    train, test = rows(1500, goal), rows(1000, goal, seed=9)
    truth = np.array(test["y"].to_pylist())
    models = [
        learned(name, replace(goal, framework=library), train.slice(0, 1200), train.slice(1200)) for name in RECIPES
    ]
    answers = [model.predict(test)["prediction"].to_numpy() for model in models]
    worth = [(answer == truth).mean() if goal.classes else -np.abs(answer - truth).mean() for answer in answers]
    mlp, network, small, linear = worth
    assert min(mlp, network) > small > linear


@on_each
def test_the_linear_network_is_logistic_regression(library: str) -> None:
    train, test = rows(2000, CLASS), rows(2000, CLASS, seed=9)
    truth = np.array(test["y"].to_pylist()) == "yes"
    network = learned("linear_network", replace(CLASS, framework=library), train.slice(0, 1600), train.slice(1600))
    line = learner_named("linear").fit(train, None, CLASS, Budget(time.monotonic() + 60.0, 1))
    chance = line.predict(test)["probability_yes"].to_numpy()
    assert roc_auc_score(truth, raw(network, test)) == pytest.approx(roc_auc_score(truth, chance), abs=0.01)


@pytest.mark.parametrize("name", RECIPES)
def test_contributions_add_up_to_the_distance_from_the_average(name: str) -> None:
    table = rows(600, CLASS)
    model = learned(name, CLASS, table, settings={"epochs": 6})
    matrix = matrix_of(table, model.card.input)
    distance = raw(model, table) - model.contributions(matrix).sum(axis=1)
    assert np.ptp(distance) < 1e-6


def test_contributions_of_a_line_are_of_each_feature_alone() -> None:
    model = learned("linear_network", NUMBER, rows(600, NUMBER), settings={"epochs": 6})
    record = {"x0": 1.0, "x1": 0.5, "x2": -1.0, "x3": 0.0, "x4": 0.0, "plan": 2}
    changed = {**record, "x1": 2.0, "plan": 3}
    table = pa.Table.from_pylist([record, changed], schema=model.card.input)
    why = model.explain(table).to_pylist()
    assert [why[0][name] for name in ("x0", "x2", "x3", "x4")] == pytest.approx(
        [why[1][name] for name in ("x0", "x2", "x3", "x4")]
    )
    answers = model.predict(table)["prediction"].to_numpy()
    assert answers[1] - answers[0] == pytest.approx(sum(why[1].values()) - sum(why[0].values()))


def test_several_networks_are_averaged() -> None:
    table = rows(600, CLASS)
    models = [learned("network", replace(CLASS, seed=seed), table, settings={"epochs": 3}) for seed in range(3)]
    mean = models[0].averaged(models[1:])
    assert raw(mean, table) == pytest.approx(np.mean([raw(model, table) for model in models], axis=0))
    matrix = matrix_of(table, mean.card.input)
    expected = np.mean([model.contributions(matrix) for model in models], axis=0)
    assert np.allclose(mean.contributions(matrix), expected)


def test_a_category_never_seen_is_as_a_missing_one() -> None:
    model = learned("network", CLASS, rows(600, CLASS), settings={"epochs": 3})
    answers = [model.predict_one({"x0": 1.0, "plan": plan}) for plan in (-1, None, 77)]
    assert answers[0] == answers[1] == answers[2]


def test_time_cuts_within_an_epoch() -> None:
    table = rows(120_000, CLASS)
    trainer_on(FRAMEWORKS[0])
    model = learner_named("network").fit(
        table, None, replace(CLASS, framework=FRAMEWORKS[0]), Budget(time.monotonic() + 3.0, 1)
    )
    assert isinstance(model, NetworkModel)
    assert model.tuned["epochs"] < RECIPES["network"].epochs
    assert roc_auc_score(np.array(table["y"].to_pylist()) == "yes", raw(model, table)) > 0.6


def test_what_early_stopping_found_is_learned_again() -> None:
    train = rows(2000, CLASS)
    found = learned("small_network", CLASS, train.slice(0, 1600), train.slice(1600))
    again = learned("small_network", CLASS, train, tuned=found.tuned)
    assert again.tuned == found.tuned
    assert 1.0 <= found.tuned["epochs"] <= RECIPES["small_network"].epochs


@on_each
def test_a_framework_that_is_not_installed(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framework, "find_spec", lambda name: None if name == library else name)
    other = next(name for name in FRAMEWORKS if name != library)
    assert framework.framework_for(None) == other
    with pytest.raises(MissingExtra, match=rf'pip install "mainspring\[{library}\]"'):
        chosen(replace(CLASS, framework=library), Profile(rows=1000), ["network"])


def test_networks_take_part_where_they_are_asked_for() -> None:
    def names(goal: Goal, wanted: list[str]) -> set[str]:
        return {learner.name for learner in chosen(goal, Profile(rows=1000), wanted)[0]}

    assert names(CLASS, []) & set(RECIPES) == {"mlp"}
    assert names(CLASS, ["network"]) == {"network"}
    assert set(RECIPES) <= names(replace(CLASS, framework="torch"), [])
    assert "learn.framework" in chosen(CLASS, Profile(rows=1000))[1]["network"]


def test_no_framework_leaves_networks_out_with_the_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framework, "find_spec", lambda name: None)
    learners, reasons = chosen(CLASS, Profile(rows=1000), list(RECIPES))
    assert [learner.name for learner in learners] == ["mlp"]
    assert all('pip install "mainspring[torch]"' in reasons[name] for name in set(RECIPES) - {"mlp"})
    with pytest.raises(MissingExtra):
        learned("network", CLASS, rows(600, CLASS))


def test_nothing_but_learning_loads_a_framework(tmp_path: Path) -> None:
    table = rows(600, CLASS)
    model = learned("network", CLASS, table, settings={"epochs": 2})
    model.save(tmp_path)
    seal(tmp_path)
    code = """
import sys
from pathlib import Path
from mainspring.measure.profile import Profile
from mainspring.model import Question, open_model
from mainspring.steps.learn.kinds import MODELS
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.portfolio import chosen
learners, _ = chosen(Goal(Question.CLASS, "y", "log_loss", ("no", "yes"), "yes"), Profile(rows=1000), ["network"])
assert "network" in {learner.name for learner in learners}
print(open_model(Path(sys.argv[1]), MODELS).predict_one({"x0": 1.0, "plan": 2})["probability_yes"])
assert not {"keras", "torch", "tensorflow"} & set(sys.modules)
"""
    told = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert float(told.stdout) == model.predict_one({"x0": 1.0, "plan": 2})["probability_yes"]


def test_few_rows_are_too_few() -> None:
    assert "fewer than" in (learner_named("network").fits(CLASS, Profile(rows=100)) or "")


def test_the_declared_framework_is_the_goal_s() -> None:
    target = pa.chunked_array([["no", "yes"]])
    assert goal_of(Learn(target="y", framework="tensorflow"), target, has_gains=False).framework == "tensorflow"
    assert goal_of(Learn(target="y"), target, has_gains=False).framework is None


@pytest.mark.slow
def test_one_search_after_the_other_on_the_same_workers(
    find: Callable[..., Any], customers: Callable[..., pa.Table], processes: Any
) -> None:
    table = customers(900)
    scores = []
    for library in FRAMEWORKS:
        declared = Learn.model_validate(
            {
                "target": "leaves",
                "candidates": ["network"],
                "framework": library,
                "limits": {"time": 120.0},
                "split": {"folds": 2},
            }
        )
        found = find(table, declared, executor=processes, workers=2)
        # Its own: what was drawn near it, and the blend, depend on how much time was left.
        network = next(c for c in found.candidates if c.name == "network")
        assert network.why_not is None
        scores.append(network.metrics["roc_auc"])
    assert scores[0] == pytest.approx(scores[1], abs=0.02)
