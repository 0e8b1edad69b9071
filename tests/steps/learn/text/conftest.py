"""Small tables of features with texts in English and Chinese, and what learners that read make of them."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring.model import ORIGIN, Question
from mainspring.steps.learn.learner import Budget, Goal

GOALS = {
    "two classes": Goal(Question.CLASS, "y", "log_loss", ("bad", "good"), "good"),
    "three classes": Goal(Question.CLASS, "y", "log_loss", ("bad", "good", "so-so")),
    "a number": Goal(Question.NUMBER, "y", "rmse"),
}
WORDS = {
    "bad": ("terrible", "broken", "slow", "rude", "差劲", "难吃", "失望", "不会再来"),
    "good": ("lovely", "quick", "friendly", "delicious", "很好", "好吃", "满意", "推荐"),
    "so-so": ("average", "ordinary", "nothing special", "usual", "一般", "普通", "还行", "凑合"),
}
FRAMES = (
    "the {} was {} and the {} too", "we found everything {1} here, {0} included", "{}: {}",
    "服务{1}，{0}也{2}。", "这家店的{0}{1}", "I ordered {0} twice, it was {1}!",
)  # fmt: skip
THINGS = ("soup", "room", "waiter", "phone", "delivery", "菜", "房间", "快递", "bread", "view")


def opinions(n: int, seed: int = 0) -> pa.Table:
    """``text`` (a few missing), ``stars`` (a number that says a little), ``city`` (codes that say nothing), and ``of`` whom it is."""
    dice = np.random.default_rng(seed)
    of = dice.choice(list(WORDS), n)
    texts: list[str | None] = []
    for label in of:
        frame, pair = str(dice.choice(FRAMES)), dice.choice(WORDS[label], 2)
        texts.append(frame.format(dice.choice(THINGS), pair[0], pair[1]))
    texts = [None if dice.random() < 0.03 else text for text in texts]
    stars = np.array([{"bad": 1.0, "good": 2.0, "so-so": 1.5}[label] for label in of]) + dice.normal(0, 1.5, n)
    schema = pa.schema([
        pa.field("text", pa.string(), metadata={ORIGIN: b"text"}), pa.field("stars", pa.float64()),
        pa.field("city", pa.int32()), pa.field("text (length)", pa.float64(), metadata={ORIGIN: b"text"}), pa.field("of", pa.string()),
    ])  # fmt: skip
    length = [float("nan") if text is None else float(len(text)) for text in texts]
    return pa.table([texts, stars, dice.integers(-1, 3, n).astype(np.int32), length, list(of)], schema=schema)


def asked(table: pa.Table, goal: Goal) -> pa.Table:
    of = table["of"].to_pylist()
    if goal.question == Question.NUMBER:
        level = np.array([{"bad": -1.0, "so-so": 0.0, "good": 1.0}[label] for label in of])
        answers = pa.array(level * 10.0 + 50.0)
    else:
        answers = pa.array([label if label in goal.classes else "bad" for label in of])
    return table.drop_columns(["of"]).append_column("y", answers)


@pytest.fixture
def rows() -> Callable[..., tuple[pa.Table, pa.Table, Goal]]:
    """Rows to learn from and to test on, and what is asked of them."""

    def make(question: str, n: int = 300, seed: int = 0) -> tuple[pa.Table, pa.Table, Goal]:
        goal = GOALS[question]
        table = asked(opinions(n + 100, seed), goal)
        return table.slice(0, n), table.slice(n), goal

    return make


@pytest.fixture
def budget() -> Budget:
    return Budget(time.monotonic() + 60.0, 1)


@pytest.fixture(params=GOALS)
def question(request: pytest.FixtureRequest) -> Any:
    return request.param
