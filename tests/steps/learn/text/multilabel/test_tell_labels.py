"""A line a label over words, over vectors or over both: learned, kept, and asked."""

import json
import random
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mainspring.errors import LearnError, QualityError, Tampered
from mainspring.measure.multilabel.agreement import matrix_of, micro_f1
from mainspring.model import Question, open_model, seal
from mainspring.steps.learn import checks
from mainspring.steps.learn.checks import check_model
from mainspring.steps.learn.kinds import MODELS, learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.text.kinds import lacks_encoders, lacks_tuning

SAID = {
    "billing": ("I was charged twice", "the invoice is wrong", "my card was billed again", "发票金额不对"),
    "delivery": ("the parcel never came", "the courier was late", "delivery took two weeks", "包裹一直没到"),
    "quality": ("it broke after a day", "the fabric is torn", "the screen is scratched", "屏幕有划痕"),
}
LABELS = tuple(sorted(SAID))
GOAL = Goal(Question.LABELS, "topics", "micro_f1", LABELS)


def complaints(count: int, seed: int = 1) -> pa.Table:
    dice = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for _ in range(count):
        labels = sorted(dice.sample(LABELS, dice.choice([0, 1, 1, 2, 2, 3])))
        text = ". ".join(dice.choice(SAID[label]) for label in labels) or "hello, 你好"
        rows.append({"text": text, "topics": json.dumps(labels)})
    return pa.Table.from_pylist(rows, schema=pa.schema([("text", pa.string()), ("topics", pa.string())]))


def learned(
    rows: pa.Table, goal: Goal = GOAL, seconds: float = 60.0, valid: pa.Table | None = None, **settings: Any
) -> Any:
    learner = learner_named("one_vs_rest", settings={"candidates": ("tfidf_linear",), **settings})
    return learner.fit(rows, valid, goal, Budget(time.monotonic() + seconds))


def reached(model: Any, rows: pa.Table) -> float:
    labels = [json.loads(told) for told in rows["topics"].to_pylist()]
    return micro_f1(matrix_of(labels, LABELS), matrix_of(model.predict(rows)["prediction"].to_pylist(), LABELS))


def test_labels_are_told_in_both_languages() -> None:
    model = learned(complaints(240), valid=complaints(60, 2))
    assert reached(model, complaints(100, 3)) > 0.95
    answer = model.predict_one({"text": "the courier was late and 屏幕有划痕"})
    assert answer["prediction"] == ["delivery", "quality"]
    assert answer["probability_delivery"] > 0.5 > answer["probability_billing"]
    assert model.predict_one({"text": "hello"})["prediction"] == []


@pytest.mark.skipif(lacks_encoders() is not None, reason="no encoder is installed")
@pytest.mark.parametrize("candidates", [("tfidf_linear",), ("encoder_linear",), ("tfidf_linear", "encoder_linear")])
def test_a_model_keeps_what_every_model_keeps(candidates: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "TOLERANCE", 1e-6)  # vectors are the same to a millionth, whatever stands beside them
    model = learned(complaints(120), valid=complaints(40, 2), candidates=candidates)
    assert check_model(model, complaints(60, 3).drop_columns(["topics"]), MODELS) == []


@pytest.mark.skipif(lacks_encoders() is not None, reason="no encoder is installed")
def test_vectors_know_words_that_no_training_text_had() -> None:
    model = learned(complaints(120), valid=complaints(40, 2), candidates=("encoder_linear",), encoder="english")
    chances = model.predict_one({"text": "the shipment arrives far too slowly"})
    assert chances["probability_delivery"] == max(value for name, value in chances.items() if name != "prediction")


@pytest.mark.slow
@pytest.mark.skipif(lacks_tuning() is not None, reason="PyTorch is not installed")
def test_an_encoder_is_tuned_and_kept_with_the_model(tmp_path: Path) -> None:
    rows = complaints(160)
    model = learned(rows, seconds=120.0, valid=complaints(40, 2), candidates=("encoder_tuned",), encoder="english")
    assert reached(model, complaints(60, 3)) > 0.9
    first, second = tmp_path / "first", tmp_path / "second"
    for one, folder in ((model, first), (None, second)):
        folder.mkdir()
        (one or open_model(first, MODELS)).save(folder)
        seal(folder)
    asked = rows.slice(0, 9)
    again, kept, before = (one.predict(asked) for one in (open_model(second, MODELS), open_model(first, MODELS), model))
    assert again == kept
    assert kept["prediction"] == before["prediction"]
    for name in model.card.chances:
        assert kept[name].to_pylist() == pytest.approx(before[name].to_pylist(), abs=1e-6)


def test_of_more_rows_than_an_encoder_can_read_it_learns_from_some() -> None:
    if lacks_encoders() is not None:
        pytest.skip("no encoder is installed")
    model = learned(
        complaints(900), seconds=0.5, valid=complaints(60, 2), candidates=("tfidf_linear", "encoder_linear")
    )
    assert reached(model, complaints(60, 3)) > 0.5


def test_several_columns_are_read() -> None:
    rows = complaints(120)
    blank = pa.array([None] * len(rows), pa.string())
    both = rows.append_column("body", blank)
    turned = pa.table({"text": blank, "topics": rows["topics"], "body": rows["text"]})
    model = learned(pa.concat_tables([both, turned]), columns=("text", "body"))
    assert model.card.input.names == ["text", "body"]
    assert model.predict_one({"body": "the parcel never came"})["prediction"] == ["delivery"]
    assert model.predict_one({"text": "the parcel never came"})["prediction"] == ["delivery"]


def test_a_label_on_every_row_is_always_said_and_one_on_none_never() -> None:
    rows = complaints(60)
    told = pa.array([json.dumps(sorted({*json.loads(one), "always"})) for one in rows["topics"].to_pylist()])
    rows = rows.set_column(1, "topics", told)
    model = learned(rows, Goal(Question.LABELS, "topics", "micro_f1", ("always", *LABELS, "never")), valid=rows)
    answers = model.predict(rows)["prediction"].to_pylist()
    assert all("always" in answer and "never" not in answer for answer in answers)
    assert any("stand on every row" in note for note in model.card.notes)


def test_labels_that_look_mistyped_are_noted() -> None:
    rows = complaints(300)
    told = rows["topics"].to_pylist()
    told[0] = '["Billing"]'
    rows = rows.set_column(1, "topics", pa.array(told))
    model = learned(rows, Goal(Question.LABELS, "topics", "micro_f1", ("Billing", *LABELS)))
    assert any("'Billing' (1 of the rows) looks like 'billing'" in note for note in model.card.notes)
    assert any("they share one threshold" in note for note in model.card.notes)


@pytest.mark.parametrize("seconds", [0.0, 0.05])
def test_a_clock_that_is_up_leaves_a_model_that_answers(seconds: float) -> None:
    model = learned(complaints(200), seconds=seconds, valid=complaints(60, 2))
    assert len(model.predict(complaints(10))) == 10


@pytest.mark.parametrize(
    "text", ["", " ", "\x00\x07", "😀👩‍👩‍👧", "a" * 1_000_000, "词" * 300_000, "Ｆｕｌｌ", "‮שלום‬", "\ud800"]
)
def test_odd_texts_are_learned_from_and_answered(text: str) -> None:
    rows = pa.concat_tables(
        [complaints(40), pa.table({"text": [text.encode("utf-8", "replace").decode()], "topics": ['["quality"]']})]
    )
    model = learned(rows)
    (many,) = model.predict(rows.slice(40))["prediction"].to_pylist()
    assert model.predict_one({"text": rows["text"][40].as_py()})["prediction"] == many


@pytest.mark.parametrize("value", [None, 12, 3.5, True, ["a", "list"], {"an": "object"}])
def test_what_is_no_text_is_answered(value: object) -> None:
    answer = learned(complaints(40)).predict_one({"text": value})
    assert isinstance(answer["prediction"], list)


def test_what_cannot_be_learned_is_refused() -> None:
    rows = complaints(20)
    with pytest.raises(QualityError, match="no row to learn from has a label"):
        learned(rows.set_column(1, "topics", pa.array(["[]"] * 20)))
    with pytest.raises(QualityError, match="no text has a word"):
        learned(rows.set_column(0, "text", pa.array(["\x00"] * 20)))
    with pytest.raises(LearnError, match=r"(?s)no setting 'colums'.*did you mean 'columns'"):
        learned(rows, colums=("text",))
    with pytest.raises(LearnError, match="no candidate can take part"):
        learned(rows, candidates=("lightgbm",))
    assert learner_named("one_vs_rest").fits(Goal(Question.CLASS, "y", "log_loss"), None) is not None  # pyright: ignore[reportArgumentType]


def test_a_model_that_was_changed_is_not_opened(tmp_path: Path) -> None:
    model = learned(complaints(40))
    for name, spoil in (("format", lambda plain: plain | {"format": 9}), ("settings", lambda plain: {"format": 1})):
        folder = tmp_path / name
        folder.mkdir()
        model.save(folder)
        plain = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        (folder / "labels.json").write_text(json.dumps(spoil(plain)), encoding="utf-8")
        seal(folder)
        with pytest.raises(Tampered, match="format 9" if name == "format" else "no readable settings"):
            open_model(folder, MODELS)
