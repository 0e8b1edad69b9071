"""Learners that read learn from texts and from what stands beside them, and keep the contract of all learners."""

import pickle
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.errors import QualityError
from mainspring.measure.profile import profile
from mainspring.model import Question
from mainspring.steps.learn.blend.calibration import Calibration
from mainspring.steps.learn.blend.model import Blend
from mainspring.steps.learn.checks import check_learner, check_model
from mainspring.steps.learn.kinds import MODELS, learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.text.rows import Layout, scored
from mainspring.steps.learn.text.tfidf.fit import TfidfLinear

Make = Callable[..., tuple[pa.Table, pa.Table, Goal]]


def test_the_learner_keeps_the_contract(rows: Make, question: str, budget: Budget) -> None:
    train, valid, goal = rows(question)
    assert check_learner(TfidfLinear(), train, valid, goal, budget) == []
    assert check_learner(TfidfLinear(), train, None, goal, budget) == []


def test_the_model_keeps_the_contract(rows: Make, question: str, budget: Budget) -> None:
    train, valid, goal = rows(question)
    model = TfidfLinear().fit(train, valid, goal, budget)
    assert check_model(model, valid.drop_columns(["y"]), MODELS) == []
    assert pickle.loads(pickle.dumps(model)).predict(valid) == model.predict(valid)


def test_it_tells_what_the_texts_say(rows: Make, question: str, budget: Budget) -> None:
    train, valid, goal = rows(question)
    model = TfidfLinear().fit(train, valid, goal, budget)
    answer, truth = model.predict(valid)["prediction"].to_pylist(), valid["y"].to_pylist()
    if goal.question == Question.NUMBER:
        error = np.sqrt(np.mean((np.array(answer) - np.array(truth)) ** 2))
        assert error < 0.5 * np.std(truth)
    else:
        assert np.mean([a == t for a, t in zip(answer, truth, strict=True)]) > 0.93


def test_what_stands_beside_the_text_counts(rows: Make, budget: Budget) -> None:
    train, valid, goal = rows("two classes")
    dull = pa.array(["the same words for everybody"] * len(train))
    said = pa.array([1.0 if y == "good" else 0.0 for y in train["y"].to_pylist()])
    told = train.set_column(0, train.schema.field("text"), dull).set_column(1, "stars", said)
    model = TfidfLinear().fit(told, None, goal, budget)
    asked = told.slice(0, 50)
    assert model.predict(asked)["prediction"].to_pylist() == asked["y"].to_pylist()
    assert valid["city"].type == pa.int32()


def test_contributions_add_up_to_the_answer(rows: Make, budget: Budget) -> None:
    train, valid, goal = rows("a number")
    model = TfidfLinear().fit(train, None, goal, budget)
    told = sum(column.to_numpy() for column in model.explain(valid).columns)
    distance = np.asarray(model.predict(valid)["prediction"].to_numpy()) - told
    assert np.ptp(distance) < 1e-5


def test_words_that_pushed_are_named(rows: Make, budget: Budget) -> None:
    train, _, goal = rows("two classes")
    model = TfidfLinear().fit(train, None, goal, budget)
    texts = "the soup was lovely and the room terrible", "这家店的菜很好"
    english, chinese = (model.words_of({"text": text})["text"] for text in texts)
    assert max(english, key=english.__getitem__) == "lovely"
    assert min(english, key=english.__getitem__) == "terrible"
    assert max(chinese, key=chinese.__getitem__) in ("很", "好", "很好")
    whole = model.explain(pa.table({"text": ["这家店的菜很好"]}))["text"].to_pylist()[0] + float(model.line.usual[0, 0])
    assert sum(chinese.values()) == pytest.approx(whole, abs=1e-6)


def test_a_short_time_is_kept_and_something_learned(rows: Make) -> None:
    train, valid, goal = rows("two classes", 6000)
    whole = time.monotonic()
    TfidfLinear().fit(train, valid, goal, Budget(time.monotonic() + 600))
    whole = time.monotonic() - whole
    began = time.monotonic()
    cut = Budget(time.monotonic() + 0.05)
    model = TfidfLinear().fit(train, valid, goal, cut)
    assert cut.work.paced
    assert time.monotonic() - began < whole
    assert scored(model, valid).shape == (100, 2)


def test_without_a_text_it_does_not_take_part(rows: Make, budget: Budget) -> None:
    train, _, goal = rows("two classes")
    plain = train.select(["stars", "y"])
    assert TfidfLinear().fits(goal, profile(plain, "y")) == "there is no column of free text"
    with pytest.raises(QualityError, match="no column of free text"):
        TfidfLinear().fit(plain, None, goal, budget)


def test_several_columns_of_text(rows: Make, budget: Budget) -> None:
    train, valid, goal = rows("three classes")

    def halved(table: pa.Table) -> pa.Table:
        texts = [text or "" for text in table["text"].to_pylist()]
        return pa.table({
            "title": [text[: len(text) // 2] for text in texts], "stars": table["stars"],
            "body": [text[len(text) // 2 :] for text in texts], "y": table["y"],
        })  # fmt: skip

    model = TfidfLinear().fit(halved(train), halved(valid), goal, budget)
    assert check_model(model, halved(valid).drop_columns(["y"]), MODELS) == []
    right = [
        a == t
        for a, t in zip(model.predict(halved(valid))["prediction"].to_pylist(), valid["y"].to_pylist(), strict=True)
    ]
    assert np.mean(right) > 0.85


@given(st.lists(st.none() | st.text(max_size=200), min_size=1, max_size=5))
@settings(max_examples=60)
def test_any_text_is_answered_one_as_many(texts: list[str | None]) -> None:
    model = _known()
    table = pa.table({"text": pa.array(texts, pa.string())})
    many = scored(model, table)
    assert np.isfinite(many).all()
    for text, row in zip(texts, many, strict=True):
        assert np.abs(model.scores_of(Layout(model.card.input).row({"text": text}))[0] - row).max() < 1e-9


_KEPT: list[Any] = []


def _known() -> Any:
    if not _KEPT:
        texts = ["good food 好吃", "bad food 难吃", "very good indeed", "really bad 差"] * 5
        table = pa.table({"text": texts, "y": ["g", "b", "g", "b"] * 5})
        goal = Goal(Question.CLASS, "y", "log_loss", ("b", "g"), "g")
        _KEPT.append(learner_named("tfidf_linear").fit(table, None, goal, Budget(time.monotonic() + 60)))
    return _KEPT[0]


def test_a_blend_of_who_reads_and_who_does_not(rows: Make, question: str, budget: Budget) -> None:
    train, valid, goal = rows(question)
    reading, counting = (learner_named(name).fit(train, valid, goal, budget) for name in ("tfidf_linear", "linear"))
    assert counting.card.input.names == ["stars", "city", "text (length)"]
    blend = Blend(
        replace(reading.card, kind="blend"), [cast(Any, counting), cast(Any, reading)], [0.3, 0.7], Calibration()
    )
    assert check_model(blend, valid.drop_columns(["y"]), MODELS) == []
    mixed = 0.3 * scored(counting, valid) + 0.7 * scored(reading, valid)
    assert np.abs(scored(blend, valid) - mixed).max() < 1e-12
    told = blend.explain(valid)
    assert told.column_names == reading.card.input.names
    if goal.question == Question.NUMBER:
        apart = 0.3 * counting.explain(valid)["stars"].to_numpy() + 0.7 * reading.explain(valid)["stars"].to_numpy()
        assert np.allclose(told["stars"].to_numpy(), apart)
    assert set(blend.words_of({"text": "the soup was lovely"})["text"]) == {"the", "soup", "was", "lovely"}
