"""Odd texts are learned from and answered: nothing in a text is an error."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring.errors import QualityError
from mainspring.model import Question
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.text.rows import scored

GOAL = Goal(Question.CLASS, "y", "log_loss", ("bad", "good"), "good")
ODD = {
    "empty": "", "blank": " \t\n", "control": "\x00\x01\x07\x1b[31mbad\x1b[0m\x7f", "emoji": "😡😡😡👎🏿🏳️\u200d🌈",
    "huge": "bad " * 262_144, "huge word": "b" * 1_048_576, "huge Chinese": "差劲极了" * 262_144, "signs": "!!!???…——“”『』",
    "mixed": "很bad的сервис です 좋아요 شكرا", "wide digits": "１２３４５６７８９０", "mojibake": "éžå¸¸å¥½åƒ ï¿½ï¿½",
    "replaced": "\ufffd" * 50, "right to left": "\u202eevil\u202c", "combining": "a" + "\u0301" * 1000, "rare plane": "𠀀𠀁𪜶",
    "one letter": "x", "nulls": "\x00" * 1000, "zero width": "\u200b".join("terrible"), "lines": "a\r\nb\rc\u2028d\x0be",
}  # fmt: skip


def learned(texts: Sequence[str | None], labels: Sequence[str]) -> Any:
    table = pa.table({"text": pa.array(texts, pa.string()), "y": list(labels)})
    return learner_named("tfidf_linear").fit(table, None, GOAL, Budget(time.monotonic() + 60))


@pytest.fixture(scope="module")
def model() -> Any:
    return learned(["lovely food", "很好吃", "terrible food", "难吃极了"] * 10, ["good", "good", "bad", "bad"] * 10)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_text_is_answered(model: Any, name: str) -> None:
    answer = model.predict_one({"text": ODD[name]})
    assert 0.0 <= answer["probability_good"] <= 1.0
    row = model.predict(pa.table({"text": [ODD[name], "lovely"]})).to_pylist()[0]
    assert row["probability_good"] == pytest.approx(answer["probability_good"], abs=1e-12)
    assert np.isfinite(list(model.words_of({"text": ODD[name]})["text"].values())).all()


def test_odd_texts_are_learned_from() -> None:
    odd = list(ODD.values())
    labels = ["bad" if i % 2 else "good" for i in range(len(odd) + 1)]
    model = learned([*odd, None, *["lovely food", "terrible food"] * 10], [*labels, *["good", "bad"] * 10])
    answers = model.predict(pa.table({"text": ["lovely food", "terrible food"]}))["prediction"].to_pylist()
    assert answers == ["good", "bad"]


def test_texts_without_a_word_teach_nothing() -> None:
    with pytest.raises(QualityError, match="no text has a word"):
        learned(["", None, " ", "\x00"] * 5, ["good", "bad", "good", "good"] * 5)


WAYS = [
    ("非常满意的电视", "非常滿意的電視"),
    ("房间 101 很脏", "房间　１０１　很脏"),
    ("CAFÉ GREAT", "cafe\u0301 great"),
]


@pytest.mark.parametrize(("usual", "other"), WAYS)
def test_other_ways_of_writing_are_the_same_text(usual: str, other: str) -> None:
    model = learned([usual, "something else", "又一句话"] * 6, ["good", "bad", "bad"] * 6)
    same = scored(model, pa.table({"text": [usual, other]}))
    assert same[0] == pytest.approx(same[1], abs=1e-12)


def test_a_class_with_one_example() -> None:
    goal = Goal(Question.CLASS, "y", "log_loss", ("a", "b", "once"))
    texts = ["alpha beta", "gamma delta", "zeta"]
    table = pa.table({"text": [*texts[:2] * 10, texts[2]], "y": [*["a", "b"] * 10, "once"]})
    for part in (table, table.slice(0, 20)):  # the fold may have none of it
        model = learner_named("tfidf_linear").fit(part, table, goal, Budget(time.monotonic() + 60))
        answers = scored(model, table)
        assert np.isfinite(answers).all()
        assert answers.shape == (21, 3)


def test_labels_with_typos_are_classes_of_their_own_and_do_no_harm() -> None:
    goal = Goal(Question.CLASS, "y", "log_loss", ("bad", "badd", "good", "goood"))
    texts, labels = ["lovely food", "terrible food"] * 30, ["good", "bad"] * 30
    labels[0], labels[1] = "goood", "badd"
    model = learner_named("tfidf_linear").fit(
        pa.table({"text": texts, "y": labels}), None, goal, Budget(time.monotonic() + 60)
    )
    asked = pa.table({"text": ["lovely", "terrible"]})
    assert model.predict(asked)["prediction"].to_pylist() == ["good", "bad"]
