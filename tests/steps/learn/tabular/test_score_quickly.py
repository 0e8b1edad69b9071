"""Small trees are answered without walking, and to the last bit as by a walk."""

from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mainspring.model import Question
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.answers import matrix_of
from mainspring.steps.learn.tabular.lightgbm import engine as walking
from mainspring.steps.learn.tabular.lightgbm.engine import Engine
from mainspring.steps.learn.tabular.lightgbm.quickscorer import FEW, QuickScorer
from mainspring.steps.learn.tabular.lightgbm.text import Tree, model_text, packed


def grow(dice: np.random.Generator, leaves: int, features: int, borders: np.ndarray) -> Tree:
    """A tree of any shape: leaf after leaf is split."""
    nodes: list[list[int]] = [[-1, -1]]
    for _ in range(leaves - 1):
        ends = [node for node, (left, _) in enumerate(nodes) if left < 0]
        nodes[int(dice.choice(ends))] = [len(nodes), len(nodes) + 1]
        nodes += [[-1, -1], [-1, -1]]
    left, right = np.array(nodes).T
    count = len(nodes)
    return Tree(
        dice.integers(0, features, count), dice.choice(borders, count), left, right, dice.random(count) < 0.5, dice.normal(size=count),
        np.ones(count),
    )  # fmt: skip


def walked(text: str, rows: np.ndarray) -> np.ndarray:
    """By LightGBM itself, one row after the other."""
    booster = lightgbm.Booster(model_str=text)
    told = [booster.predict(row[None], raw_score=True, num_threads=1) for row in rows]
    return np.array(told, dtype=np.float64).reshape(len(rows), -1)


@st.composite
def forests(draw: st.DrawFn) -> tuple[str, int, np.ndarray]:
    dice = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    features, most = draw(st.integers(1, 4)), draw(st.sampled_from([2, 8, 9, 16, 17, 32, 33, 64]))
    borders = np.concatenate([np.sort(dice.normal(size=5)), [0.0, -1e-36, 1e-35]])
    counts = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    texts, outputs = list[str](), list[int]()
    for each in counts:
        outputs.append(draw(st.integers(1, 2)))
        sizes = dice.integers(1, most + 1, each * outputs[-1])
        sizes[0] = most
        texts.append(model_text([grow(dice, int(size), features, borders) for size in sizes], features, outputs[-1]))
    values = st.sampled_from([*borders.tolist(), np.nan, np.inf, -np.inf, -0.0, 1e-40, -1e-36, 1e-34]) | st.floats(
        -3, 3
    )
    rows = draw(arrays(np.float64, (draw(st.integers(1, FEW + 4)), features), elements=values))
    text = texts[0] if len(texts) == 1 else packed(texts, outputs, features)
    return text, sum(outputs), rows


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=forests())
def test_trees_of_any_shape_answer_as_a_walk_to_the_last_bit(drawn: tuple[str, int, np.ndarray]) -> None:
    text, outputs, rows = drawn
    quick = QuickScorer.of(text, outputs)
    assert quick is not None
    expected = walked(text, rows)
    assert (quick.raw(rows) == expected).all()
    assert (quick.raw(rows[:1]) == expected[:1]).all()
    assert (quick.raw(np.tile(rows, (30, 1))) == np.tile(expected, (30, 1))).all()


@pytest.mark.parametrize("classes", [1, 4])
def test_categories_and_what_is_missing_answer_as_a_walk_to_the_last_bit(classes: int) -> None:
    dice = np.random.default_rng(3)
    features = dice.normal(size=(3000, 5))
    features[:, 0], features[:, 1] = dice.integers(0, 90, 3000), dice.integers(-1, 6, 3000)
    features[:, 2] = np.round(features[:, 2], 1)
    features[:, 3] = np.abs(features[:, 3])  # never missing: what is missing counts as 0 there
    features[:, :3][dice.random((3000, 3)) < 0.1] = np.nan
    level = np.nan_to_num(features).sum(axis=1) * np.where(np.nan_to_num(features[:, 0]) % 7 < 3, 1, -1)
    target = level if classes == 1 else np.digitize(level, np.quantile(level, [0.25, 0.5, 0.75]))
    asked = {"objective": "regression"} if classes == 1 else {"objective": "multiclass", "num_class": classes}
    grown = lightgbm.train(
        {**asked, "num_leaves": 31, "min_data_per_group": 5, "cat_smooth": 1, "verbose": -1, "num_threads": 1},
        lightgbm.Dataset(features, target, categorical_feature=[0, 1]), 60,
    )  # fmt: skip
    rows = features[:400].copy()
    odd = [np.nan, -1.0, -0.5, 0.0, 1e-40, 3.7, 89.0, 90.0, 95.5, 1e9, 1e300, np.inf, -np.inf, -1e300]
    rows[:100] = dice.choice(odd, size=(100, 5))
    text = grown.model_to_string()
    quick = QuickScorer.of(text, classes)
    assert quick is not None
    assert "cat_threshold" in text
    expected = walked(text, rows)
    assert (quick.raw(rows) == expected).all()
    assert (np.concatenate([quick.raw(row[None]) for row in rows]) == expected).all()


def boosted(features: int = 4, leaves: int = 15, rounds: int = 80, **more: Any) -> tuple[str, np.ndarray]:
    dice = np.random.default_rng(1)
    matrix = dice.normal(size=(1500, features))
    target = matrix.sum(axis=1) ** 2 + dice.normal(size=1500)
    settings = {"num_leaves": leaves, "min_data_in_leaf": 1, "verbose": -1, "num_threads": 1, **more}
    return lightgbm.train(settings, lightgbm.Dataset(matrix, target), rounds).model_to_string(), matrix


def test_an_engine_that_is_asked_often_stops_walking_and_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text, matrix = boosted(rounds=500)
    made = list[QuickScorer | None]()
    real = QuickScorer.of

    def of(text: str, outputs: int) -> QuickScorer | None:
        made.append(real(text, outputs))
        return made[-1]

    monkeypatch.setattr(walking.QuickScorer, "of", of)
    engine = Engine(text, matrix.shape[1])
    few = matrix[:8]
    alone = np.concatenate([engine.raw(row[None]) for row in few])
    together = engine.raw(few)
    assert not made
    many = engine.raw(np.tile(matrix, (2, 1)))
    assert len(made) == 1
    assert made[0] is not None
    assert made[0].alone
    assert (many[:8] == alone).all()
    assert (engine.raw(few) == alone).all()
    assert together == pytest.approx(alone, rel=1e-12, abs=1e-12)
    assert (np.concatenate([engine.raw(row[None]) for row in few]) == alone).all()
    assert engine.raw(few[:0]).shape == (0, 1)
    assert len(made) == 1


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ({"leaves": 65}, "more leaves than bits"),
        ({"features": 60, "leaves": 63}, "many features, few levels"),
        ({"zero_as_missing": True}, "nothing counts as missing"),
        ({"rounds": 1, "min_gain_to_split": 1e9}, "nothing is asked"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_it_is_not_made_for_is_walked(made: dict[str, Any], why: str) -> None:
    text, matrix = boosted(**made)
    assert QuickScorer.of(text, 1) is None, why
    engine = Engine(text, matrix.shape[1])
    expected = np.concatenate([engine.raw(row[None]) for row in matrix[:50]])
    engine.raw(matrix)
    assert engine.raw(matrix)[:50] == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_lines_in_the_leaves_are_not_read_as_numbers() -> None:
    assert QuickScorer.of(boosted(linear_tree=True)[0], 1) is None


def test_a_large_table_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    text, _ = boosted()
    assert QuickScorer.of(text, 1) is not None
    monkeypatch.setattr("mainspring.steps.learn.tabular.lightgbm.quickscorer.LARGEST", 10_000)
    assert QuickScorer.of(text, 1) is None


@pytest.mark.parametrize("name", ["lightgbm", "xgboost"])
def test_models_of_each_maker_answer_the_same_once_they_are_asked_often(
    name: str, budget: Budget, numbers: Callable[..., pa.Table]
) -> None:
    table = numbers(400, 4, missing=0.1).append_column("plan", pa.array(np.arange(400) % 5 - 1, pa.int32()))
    level = sum(np.nan_to_num(table[column].to_numpy()) for column in table.column_names)
    train = table.append_column("y", pa.array((level > np.median(level)).astype(np.int64)))
    goal = Goal(Question.CLASS, "y", "log_loss", (0, 1), 1)
    model: Any = learner_named(name, tuned={"rounds": 120}).fit(train, None, goal, budget)
    matrix = matrix_of(table, model.card.input)
    before = np.concatenate([model.scores(row[None]) for row in matrix[:40]])
    model.scores(np.tile(matrix, (4, 1)))
    assert (model.scores(matrix[:40]) == before).all()
