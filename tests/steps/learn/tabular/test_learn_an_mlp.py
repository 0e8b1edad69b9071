"""Multilayer perceptrons: learned in numpy as a framework would, several from other beginnings, answered together."""

import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from mainspring.model import Question
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal, Work
from mainspring.steps.learn.tabular.answers import matrix_of
from mainspring.steps.learn.tabular.lesson import lesson_of
from mainspring.steps.learn.tabular.network.course import Rows
from mainspring.steps.learn.tabular.network.descent import SLOPES, Descent
from mainspring.steps.learn.tabular.network.encoding import Encoding
from mainspring.steps.learn.tabular.network.fit import RECIPES
from mainspring.steps.learn.tabular.network.framework import FRAMEWORKS, trainer_on
from mainspring.steps.learn.tabular.network.model import NetworkModel
from mainspring.steps.learn.tabular.network.together import Together
from mainspring.steps.learn.tabular.network.weights import Shape, Weights, begin

NUMBER = Goal(Question.NUMBER, "y", "rmse")
SHAPE = Shape(hidden=(12, 9), members=1, waves=0, embedded=3)
WAVY = replace(SHAPE, waves=5, mixed=2)
on_both = pytest.mark.parametrize("shape", [SHAPE, WAVY], ids=["plain", "with waves"])
OUTPUTS = {"many": 4}


def table(n: int, seed: int = 0) -> pa.Table:
    """Waves, a product and a category."""
    draw = np.random.default_rng(seed)
    x, plan = draw.normal(size=(n, 4)), draw.integers(0, 5, n).astype(np.int32)
    level = 2.0 * np.sin(2.0 * x[:, 0]) + x[:, 1] * x[:, 2] + plan + draw.normal(size=n) * 0.2
    x[draw.random((n, 4)) < 0.05] = np.nan
    return pa.table({f"x{j}": x[:, j] for j in range(4)} | {"plan": plan, "y": level})


def some(n: int, loss: str, seed: int = 0, *, weighed: bool = False) -> tuple[Rows, Encoding]:
    lesson = lesson_of(table(n, seed), NUMBER)
    encoding = Encoding.of(lesson.matrix, lesson.categories)
    numbers = (lesson.truth - lesson.truth.mean()).astype(np.float32)
    truth = {"two": numbers > 0, "many": np.digitize(numbers, [-1.0, 0.0, 1.0])}.get(loss, numbers).astype(np.float32)
    weights = np.linspace(0.5, 1.5, n).astype(np.float32) if weighed else None
    plain, codes = encoding.plain(lesson.matrix), encoding.codes(lesson.matrix)
    return Rows(plain.astype(np.float32), codes.astype(np.int32), truth, weights), encoding


def started(shape: Shape, encoding: Encoding, loss: str, seed: int = 3) -> Weights:
    sizes = len(encoding.numbers), encoding.width, len(encoding.categories), encoding.places
    start = begin(shape, sizes, np.zeros(OUTPUTS.get(loss, 1)), seed)
    head = np.random.default_rng(seed).normal(size=start.head.shape) / 3
    return replace(start, head=head.astype(np.float32))


@pytest.mark.parametrize("library", FRAMEWORKS)
@pytest.mark.parametrize("loss", SLOPES)
@on_both
def test_each_step_is_the_framework_s(shape: Shape, library: str, loss: str) -> None:
    rows, encoding = some(64, loss, weighed=True)
    start = started(shape, encoding, loss)
    ours, theirs = (make(start, loss, 0.0, 0.1, 0) for make in (Descent, trainer_on(library)))
    for rate in (0.01, 0.02, 0.01):
        ours.step(rows, rate)
        theirs.step(rows, rate)
    expected = theirs.weights().to_arrays()
    learned = {name: array for name, array in ours.weights().to_arrays().items() if array.size}
    for name, array in learned.items():
        # Where a slope is all but nothing its sign is chance, and Adam's first steps have the same length whatever the slope.
        assert np.mean(np.abs(array - expected[name]) > 1e-4) < 0.02, name


@on_both
def test_of_several_the_mean_is_answered_at_once(shape: Shape) -> None:
    rows, encoding = some(50, "many")
    networks = [started(shape, encoding, "many", seed).astype(np.float64) for seed in range(3)]
    networks[0] = replace(networks[0], scale=networks[0].scale * 0.5)
    together = Together.of(networks)
    assert together is not None
    plain = rows.plain.astype(np.float64)
    one_by_one = np.mean([net.answer(net.embed(plain, rows.codes)) for net in networks], axis=0)
    np.testing.assert_allclose(together.answer(plain, rows.codes), one_by_one, atol=1e-12)
    np.testing.assert_allclose(together.answer(plain[:1], rows.codes[:1]), one_by_one[:1], atol=1e-12)
    other = begin(replace(SHAPE, hidden=(7,)), (4, encoding.width, 1, encoding.places), np.zeros(4), 0)
    assert Together.of([*networks, other]) is None


def learned(rows: pa.Table, valid: pa.Table | None, budget: Budget, **settings: float) -> NetworkModel:
    model = learner_named("mlp", settings=settings).fit(rows, valid, NUMBER, budget)
    assert isinstance(model, NetworkModel)
    return model


def error(model: NetworkModel, test: pa.Table) -> float:
    return float(np.sqrt(np.mean((model.predict(test)["prediction"].to_numpy() - test["y"].to_numpy()) ** 2)))


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_it_follows_what_a_line_does_not(dropout: float) -> None:
    train, test = table(3000), table(1000, seed=9)
    model = learned(train.slice(0, 2400), train.slice(2400), Budget(time.monotonic() + 60.0, 1), dropout=dropout)
    line = learner_named("linear").fit(train, None, NUMBER, Budget(time.monotonic() + 60.0, 1))
    assert error(model, test) < 0.5 * error(line, test)  # type: ignore[arg-type]


def test_the_mean_of_several_beginnings_is_better_than_one() -> None:
    train, test = table(2000), table(1000, seed=9)
    model = learned(train.slice(0, 1600), train.slice(1600), Budget(time.monotonic() + 60.0, 1))
    assert len(model.networks) == RECIPES["mlp"].copies == 3
    alone = [
        NetworkModel(model.card, model.encoding, [net], [center], model.scale, {})
        for net, center in zip(model.networks, model.centers, strict=True)
    ]
    assert error(model, test) < np.mean([error(one, test) for one in alone])


def test_little_time_is_for_fewer_of_them_and_known_afterwards() -> None:
    train = table(4000)
    work = Work()
    hurried = learned(train.slice(0, 3000), train.slice(3000), Budget(time.monotonic() + 0.3, 1, work))
    assert work.cut or work.paced
    again = learned(train.slice(0, 3000), train.slice(3000), Budget(time.monotonic() + 60.0, 1, work.follows()))
    matrix = matrix_of(train, hurried.card.input)
    np.testing.assert_array_equal(hurried.scores(matrix), again.scores(matrix))


def test_no_time_at_all_answers_the_average() -> None:
    train = table(1000)
    model = learned(train, None, Budget(time.monotonic() - 1.0, 1))
    assert model.predict(train)["prediction"].to_numpy() == pytest.approx(train["y"].to_numpy().mean())


def test_no_framework_is_loaded_to_learn_or_to_answer() -> None:
    code = """
import sys, time
import numpy as np, pyarrow as pa
from mainspring.model import Question
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal
x = np.random.default_rng(0).normal(size=600)
table = pa.table({"x": x, "y": np.abs(x)})
model = learner_named("mlp").fit(table, None, Goal(Question.NUMBER, "y", "rmse"), Budget(time.monotonic() + 60, 1))
print(model.predict_one({"x": -1.0})["prediction"])
assert not {"keras", "torch", "tensorflow"} & set(sys.modules)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(told.stdout) == pytest.approx(1.0, abs=0.2)
