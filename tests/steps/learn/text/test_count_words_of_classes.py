"""Count words of classes: naive Bayes learns in the time of reading, however many classes there are."""

import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from mainspring.measure.profile import profile
from mainspring.model import Question
from mainspring.steps.learn.checks import check_learner, check_model
from mainspring.steps.learn.kinds import MODELS
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.portfolio import NOTHING_BESIDE, chosen, only_readers
from mainspring.steps.learn.text.tfidf.bayes import TfidfBayes
from mainspring.steps.learn.text.tfidf.fit import TfidfLinear

Make = Callable[..., tuple[pa.Table, pa.Table, Goal]]
CLASSES = 60


def intents(rows: int, seed: int) -> tuple[pa.Table, Goal]:
    """Each class has three words of its own, of which a text has one or two among words of all."""
    dice = np.random.default_rng(seed)
    texts, labels = [], []
    for _ in range(rows):
        label = int(dice.integers(CLASSES))
        own = [f"word{label}x{k}" for k in dice.choice(3, int(dice.integers(1, 3)), replace=False)]
        words = [*own, *(f"usual{k}" for k in dice.integers(0, 200, 6))]
        texts.append(" ".join(dice.permutation(words)))
        labels.append(f"intent {label:02}")
    table = pa.table({"text": texts, "y": labels})
    return table, Goal(Question.CLASS, "y", "log_loss", tuple(f"intent {k:02}" for k in range(CLASSES)))


def right(model: object, table: pa.Table) -> float:
    told = model.predict(table)["prediction"].to_pylist()  # type: ignore[attr-defined]
    return float(np.mean([a == b for a, b in zip(told, table["y"].to_pylist(), strict=True)]))


def test_it_keeps_the_contract_of_learners(rows: Make, question: str, budget: Budget) -> None:
    train, valid, goal = rows(question)
    if goal.question == Question.NUMBER:
        assert TfidfBayes().fits(goal, profile(train, "y")) == "it answers classes only"
        return
    assert check_learner(TfidfBayes(), train, valid, goal, budget) == []
    model = TfidfBayes().fit(train, valid, goal, budget)
    assert check_model(model, valid.drop_columns(["y"]), MODELS) == []
    assert right(model, valid) > 0.9


def test_what_was_chosen_is_learned_again_without_choosing(rows: Make, budget: Budget) -> None:
    train, valid, goal = rows("three classes")
    chosen_ones = TfidfBayes().fit(train, valid, goal, budget)
    again = TfidfBayes(tuned=chosen_ones.tuned).fit(train, None, goal, budget)
    assert again.predict(valid) == chosen_ones.predict(valid)


def test_many_classes_are_told_when_the_time_is_short() -> None:
    train, goal = intents(4_000, 0)
    valid, _ = intents(500, 1)
    for learner in (TfidfBayes(), TfidfLinear()):
        model = learner.fit(train, valid, goal, Budget(time.monotonic() + 0.2))
        assert right(model, valid) > 0.7, learner.name


def test_a_line_that_may_take_its_time_tells_more_than_one_that_may_not() -> None:
    train, goal = intents(4_000, 2)
    valid, _ = intents(1_000, 3)
    assert right(TfidfLinear().fit(train, valid, goal, Budget(time.monotonic() + 120)), valid) > 0.9


def test_where_there_are_only_texts_only_those_who_read_take_part() -> None:
    table, goal = intents(500, 4)
    seen = profile(table, "y")
    learners, _ = chosen(goal, seen)
    kept, left_out = only_readers(learners, seen, "y")
    assert {"tfidf_bayes", "tfidf_linear", "decision_tree"} <= {one.name for one in kept}
    assert left_out["lightgbm"] == left_out["linear"] == NOTHING_BESIDE
    more = profile(table.append_column("paid", pa.array(np.arange(500.0) % 7)), "y")
    assert only_readers(learners, more, "y") == (learners, {})
