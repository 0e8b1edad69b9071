"""A saved tagger says in which format it is: a newer one is refused, and one of an earlier release is opened and told of."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pyarrow as pa
import pytest

from mainspring.errors import Tampered
from mainspring.measure.spans.span import Span
from mainspring.model import SPANS_ANSWER, ModelCard, Question
from mainspring.steps.learn.text.encoder.drawing import LOOK_VECTORS
from mainspring.steps.learn.text.encoder.places import ENGLISH, folder_of
from mainspring.steps.learn.text.encoder.small import quantised
from mainspring.steps.learn.text.encoder.weights import Arrays, Shape, read_arrays
from mainspring.steps.learn.text.tagging.graph import write_graph
from mainspring.steps.learn.text.tagging.model import (
    CHANCES,
    CUT_OTHERWISE,
    FORMAT,
    GRAPH,
    SETTINGS,
    TOKENIZER,
    Settings,
    TaggerModel,
)
from mainspring.steps.learn.text.tagging.transitions import Transitions
from mainspring.steps.learn.text.tagging.words.looks import LOOKS

TAGS = ("O", "B-A", "I-A", "B-B", "I-B")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tagger as this release saves it; it is not asked, so that its graph may be anything."""
    made, kept = tmp_path / "made", tmp_path / "kept"
    made.mkdir()
    kept.mkdir()
    (made / TOKENIZER).write_bytes((folder_of(ENGLISH) / TOKENIZER).read_bytes())
    (made / GRAPH).write_bytes(b"")
    card = ModelCard("tagger", Question.SPANS, "spans", pa.schema([("text", pa.string())]), SPANS_ANSWER)
    TaggerModel(card, made, Settings(TAGS, "text", 160)).save(kept)
    return kept


def changed(folder: Path, **settings: object) -> None:
    plain = json.loads((folder / SETTINGS).read_text(encoding="utf-8")) | settings
    told = {name: value for name, value in plain.items() if value is not None}
    (folder / SETTINGS).write_text(json.dumps(told), encoding="utf-8")


def test_what_is_saved_is_opened_as_it_was(folder: Path) -> None:
    opened = TaggerModel.open(folder, {})
    assert opened.settings == Settings(TAGS, "text", 160)
    assert opened.card.notes == ()
    assert json.loads((folder / SETTINGS).read_text(encoding="utf-8"))["format"] == FORMAT


def test_what_follows_what_is_kept(folder: Path, tmp_path: Path) -> None:
    opened = TaggerModel.open(folder, {})
    counted = Transitions.of(["by Ada\nof"], [[Span(3, 6, "A")]], TAGS)
    opened.mind(replace(counted, weight=0.5))
    (tmp_path / "again").mkdir()
    opened.save(tmp_path / "again")
    assert TaggerModel.open(tmp_path / "again", {}).settings == opened.settings


@pytest.mark.parametrize("told", [5, {}, {"within": [[1]], "behind": [[1]], "first": [1], "weight": 1.0}])
def test_what_follows_what_of_other_tags_is_told_of(folder: Path, told: object) -> None:
    changed(folder, transitions=told)
    with pytest.raises(Tampered, match="no readable settings"):
        TaggerModel.open(folder, {})


def test_a_newer_format_is_refused(folder: Path) -> None:
    changed(folder, format=FORMAT + 1)
    with pytest.raises(Tampered, match=rf"format {FORMAT + 1}, this release reads up to {FORMAT}"):
        TaggerModel.open(folder, {})


def test_one_of_an_earlier_release_is_opened_and_its_card_says_to_learn_it_again(folder: Path, tmp_path: Path) -> None:
    changed(folder, format=None)
    opened = TaggerModel.open(folder, {})
    assert opened.card.notes == (CUT_OTHERWISE,)
    (tmp_path / "again").mkdir()
    opened.save(tmp_path / "again")
    assert TaggerModel.open(tmp_path / "again", {}).card.notes == (CUT_OTHERWISE,)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"format": "two"}', '{"format": 2}', '{"format": 2, "tags": 5}'])
def test_settings_that_cannot_be_read_are_told_of(folder: Path, content: str) -> None:
    (folder / SETTINGS).write_text(content, encoding="utf-8")
    with pytest.raises(Tampered, match="no readable settings"):
        TaggerModel.open(folder, {})


def test_eight_bits_leave_a_head_that_standardises_as_it_is(tmp_path: Path) -> None:
    source = folder_of(ENGLISH)
    arrays, shape = read_arrays(source), Shape.of(source)
    dice = np.random.default_rng(0)
    ids = dice.integers(1000, 20_000, (1, 64))
    told = scores_of({**arrays, **head(np.eye(shape.width))}, shape, tmp_path / "told.onnx", ids)
    # Weights such as a standardised head has, where one number is a hundred times as large as the others and says nothing.
    weight = dice.normal(size=(len(TAGS), shape.width)) / np.maximum(told.std(axis=0), 1e-4)
    arrays = dict(arrays)
    last = f"encoder.layer.{shape.layers - 1}.output.LayerNorm"
    bias = arrays[f"{last}.bias"].copy()
    bias[0] += 100 * np.abs(told).max()
    arrays[f"{last}.bias"] = bias
    weight[:, 0] = 0.0
    arrays |= head(weight, -weight @ told.mean(axis=0))
    exact = scores_of(arrays, shape, tmp_path / "exact.onnx", ids)
    quantised(tmp_path / "exact.onnx", tmp_path / "small.onnx")
    rounded = asked(tmp_path / "small.onnx", ids)
    assert (exact.argmax(axis=1) == rounded.argmax(axis=1)).mean() > 0.75


def head(weight: np.ndarray, bias: np.ndarray | None = None) -> Arrays:
    held = np.zeros(len(weight)) if bias is None else bias
    return {"head.weight": weight.astype(np.float32), "head.bias": held.astype(np.float32)}


def scores_of(arrays: Arrays, shape: Shape, path: Path, ids: np.ndarray) -> np.ndarray:
    write_graph({**arrays, LOOK_VECTORS: np.zeros((LOOKS, shape.width), np.float32)}, shape, path)
    return asked(path, ids)


def asked(path: Path, ids: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = {"ids": ids, "mask": np.ones(ids.shape, np.int32), "looks": np.zeros_like(ids)}
    return np.asarray(session.run([CHANCES], given)[0])[0]
