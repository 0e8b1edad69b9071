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
from mainspring.steps.learn.text.kinds import lacks_encoders
from mainspring.steps.learn.text.rows import scored

GOAL = Goal(Question.CLASS, "y", "log_loss", ("bad", "good"), "good")
ODD = {
    "empty": "", "blank": " \t\n", "control": "\x00\x01\x07\x1b[31mbad\x1b[0m\x7f", "emoji": "😡😡😡👎🏿🏳️\u200d🌈",
    "huge": "bad " * 262_144, "huge word": "b" * 1_048_576, "huge Chinese": "差劲极了" * 262_144, "signs": "!!!???…——“”『』",
    "mixed": "很bad的сервис です 좋아요 شكرا", "wide digits": "１２３４５６７８９０", "mojibake": "éžå¸¸å¥½åƒ ï¿½ï¿½",
    "replaced": "\ufffd" * 50, "right to left": "\u202eevil\u202c", "combining": "a" + "\u0301" * 1000, "rare plane": "𠀀𠀁𪜶",
    "one letter": "x", "nulls": "\x00" * 1000, "zero width": "\u200b".join("terrible"), "lines": "a\r\nb\rc\u2028d\x0be",
}  # fmt: skip


LEARNERS = {"tfidf_linear": 1e-12, "encoder_linear": 1e-5}
"""With how far an answer may be from the same among others."""
TUNED = pytest.param("encoder_tuned", marks=pytest.mark.slow)


def learned(texts: Sequence[str | None], labels: Sequence[str], name: str = "tfidf_linear") -> Any:
    table = pa.table({"text": pa.array(texts, pa.string()), "y": list(labels)})
    return learner(name).fit(table, None, GOAL, budget(name))


def budget(name: str) -> Budget:
    return Budget(time.monotonic() + (20 if name == "encoder_tuned" else 60))


def learner(name: str) -> Any:
    if name != "tfidf_linear" and lacks_encoders():
        pytest.skip("encoders are not installed")
    return learner_named(name, settings={"encoder": "english", "epochs": 1} if name == "encoder_tuned" else {})


@pytest.fixture(scope="module", params=LEARNERS)
def model(request: pytest.FixtureRequest) -> Any:
    texts, labels = ["lovely food", "很好吃", "terrible food", "难吃极了"] * 10, ["good", "good", "bad", "bad"] * 10
    return request.param, learned(texts, labels, request.param)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_text_is_answered(model: tuple[str, Any], name: str) -> None:
    kind, known = model
    answer = known.predict_one({"text": ODD[name]})
    assert 0.0 <= answer["probability_good"] <= 1.0
    row = known.predict(pa.table({"text": [ODD[name], "lovely"]})).to_pylist()[0]
    assert row["probability_good"] == pytest.approx(answer["probability_good"], abs=LEARNERS[kind])
    if kind == "tfidf_linear":
        assert np.isfinite(list(known.words_of({"text": ODD[name]})["text"].values())).all()


@pytest.mark.parametrize("name", [*LEARNERS, TUNED])
def test_odd_texts_are_learned_from(name: str) -> None:
    odd = list(ODD.values())
    labels = ["bad" if i % 2 else "good" for i in range(len(odd) + 1)]
    model = learned([*odd, None, *["lovely food", "terrible food"] * 10], [*labels, *["good", "bad"] * 10], name)
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


@pytest.mark.parametrize("name", [*LEARNERS, TUNED])
def test_a_class_with_one_example(name: str) -> None:
    goal = Goal(Question.CLASS, "y", "log_loss", ("a", "b", "once"))
    texts = ["alpha beta", "gamma delta", "zeta"]
    table = pa.table({"text": [*texts[:2] * 10, texts[2]], "y": [*["a", "b"] * 10, "once"]})
    for part in (table, table.slice(0, 20)):  # the fold may have none of it
        model = learner(name).fit(part, table, goal, budget(name))
        answers = scored(model, table)
        assert np.isfinite(answers).all()
        assert answers.shape == (21, 3)


@pytest.mark.parametrize("name", [*LEARNERS, TUNED])
def test_labels_with_typos_are_classes_of_their_own_and_do_no_harm(name: str) -> None:
    goal = Goal(Question.CLASS, "y", "log_loss", ("bad", "badd", "good", "goood"))
    texts, labels = ["lovely food", "terrible food"] * 30, ["good", "bad"] * 30
    labels[0], labels[1] = "goood", "badd"
    model = learner(name).fit(pa.table({"text": texts, "y": labels}), None, goal, budget(name))
    asked = pa.table({"text": ["lovely", "terrible"]})
    assert model.predict(asked)["prediction"].to_pylist() == ["good", "bad"]
