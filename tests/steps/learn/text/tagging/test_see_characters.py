"""A tagger sees the characters of each word, capitals kept: what an encoder without them cannot tell apart."""

import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pyarrow as pa
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st

from mainspring.errors import LearnError
from mainspring.model import Question
from mainspring.steps.learn.learner import Budget, Goal, Progress
from mainspring.steps.learn.text.encoder.places import ENGLISH, folder_of
from mainspring.steps.learn.text.encoder.small import quantised
from mainspring.steps.learn.text.encoder.weights import TOKENIZER, Shape
from mainspring.steps.learn.text.tagging.graph import write_graph
from mainspring.steps.learn.text.tagging.model import CHANCES, GRAPH, SETTINGS, WORD_FEATURES, TaggerModel
from mainspring.steps.learn.text.tagging.tagger import Tagger
from mainspring.steps.learn.text.tagging.words.characters import NOTHING, PLACES, VECTORS, characters_of, outline
from mainspring.steps.learn.text.tagging.words.looks import LOOKS, look_of
from mainspring.steps.learn.text.tuning.network import SPELLED, TaggingNetwork

WIDTH, VOCABULARY, TAGS = 64, 30_522, 3
GOAL = Goal(Question.SPANS, "spans", "entity_f1", seed=1)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder of two layers that knows nothing, with a tokenizer that makes all letters small."""
    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=VOCABULARY, hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=128,
    )  # fmt: skip
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    (folder / TOKENIZER).write_bytes((folder_of(ENGLISH) / TOKENIZER).read_bytes())
    return folder


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """So little is done sooner by one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def told(count: int, seed: int) -> pa.Table:
    """``zEta`` is a span and ``zeTa`` none: tokens and looks are the same."""
    dice, words = np.random.default_rng(seed), ("beta", "zeta", "theta", "delta", "sigma")
    texts, spans = [], []
    for _ in range(count):
        word, named = str(dice.choice(words)), bool(dice.integers(2))
        at = 1 if named else 2
        texts.append(f"we saw {word[:at]}{word[at].upper()}{word[at + 1 :]} there")
        spans.append(json.dumps([[7, 7 + len(word), "NAME"]] if named else []))
    return pa.table({"text": texts, "spans": spans})


def learned(
    tiny: Path, folder: Path | None = None, progress: Progress | None = None, **settings: object
) -> TaggerModel:
    asked = {
        "encoder": str(tiny),
        "epochs": 30,
        "new_rate": 1e-2,
        "tokens": 256,
        "word_features": WORD_FEATURES,
        **settings,
    }
    tagger = Tagger(settings=asked, folder=folder, progress=progress)
    model = tagger.fit(told(150, 0), told(40, 1), GOAL, Budget(time.monotonic() + 200))
    assert isinstance(model, TaggerModel)
    return model


def right(model: TaggerModel) -> float:
    table = told(60, 2)
    answers = model.predict(table)["prediction"].to_pylist()
    true = [json.loads(spans) for spans in table["spans"].to_pylist()]
    found = [[[one["start"], one["end"], one["label"]] for one in spans] for spans in answers]
    return float(np.mean([a == b for a, b in zip(found, true, strict=True)]))


def test_what_only_its_capitals_tell_is_learned_and_kept(tiny: Path, tmp_path: Path) -> None:
    model = learned(tiny)
    assert right(model) == 1.0
    model.save(tmp_path)
    opened = TaggerModel.open(tmp_path, {})
    table = told(60, 2)
    assert opened.predict(table).equals(model.predict(table))
    assert [opened.predict_one({"text": text})["prediction"] for text in table["text"].to_pylist()] == model.predict(
        table
    )["prediction"].to_pylist()


def test_what_was_not_met_adds_nothing(tiny: Path, tmp_path: Path) -> None:
    learned(tiny, epochs=2, int8=False).save(tmp_path)
    held = [onnx.numpy_helper.to_array(one) for one in onnx.load(str(tmp_path / GRAPH)).graph.initializer]
    (vectors,) = (one for one in held if one.shape == (VECTORS, SPELLED))
    met = {number for word in ("we", "saw", "zEta", "zeTa") for number in characters_of(word)} - {0}
    assert np.abs(vectors[sorted(met)]).max(axis=1).min() > 0
    assert (np.abs(vectors).max(axis=1) > 0).sum() < 200


def test_it_can_be_told_not_to_and_then_cannot_know(tiny: Path, tmp_path: Path) -> None:
    model = learned(tiny, word_features=["shape"])
    assert right(model) < 0.8
    model.save(tmp_path)
    assert [one.name for one in onnxruntime.InferenceSession(tmp_path / GRAPH).get_inputs()] == ["ids", "mask", "looks"]


def test_the_same_seed_learns_the_same(tiny: Path, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        learned(tiny, epochs=2).save(tmp_path / name)
    assert (tmp_path / "a" / GRAPH).read_bytes() == (tmp_path / "b" / GRAPH).read_bytes()


class Killed(Exception):
    pass


def test_a_killed_fit_goes_on_and_one_begun_otherwise_begins_anew(tiny: Path, tmp_path: Path) -> None:
    shares: list[float] = []

    def die_late(_: str, share: float) -> None:
        if share > 0.5:
            raise Killed

    with pytest.raises(Killed):
        learned(tiny, tmp_path, die_late)
    assert right(learned(tiny, tmp_path, lambda _, share: shares.append(share))) == 1.0
    assert min(shares) > 0.2
    others: list[float] = []
    learned(tiny, tmp_path, lambda _, share: others.append(share), word_features=[])
    assert min(others) < 0.2


@pytest.mark.parametrize("small", [False, True])
def test_the_graph_says_what_the_network_says(tiny: Path, tmp_path: Path, small: bool) -> None:
    torch.manual_seed(0)
    encoder = transformers.AutoModel.from_pretrained(tiny, add_pooling_layer=False)
    network = TaggingNetwork(encoder, WIDTH, LOOKS, TAGS, characters=VECTORS)
    assert network.characters is not None
    torch.nn.init.normal_(network.characters.vectors.weight, std=0.3)
    words = ["We", "saw", "McDonald", "at", "the", "U.S.", "Open", "of", "1996"]
    characters = torch.tensor([[characters_of(word) for word in words]])
    ids, looks = torch.randint(0, VOCABULARY, (1, len(words))), torch.tensor([[look_of(word, word) for word in words]])
    mask = torch.ones_like(ids)
    network.standardise(ids, mask, looks, characters)
    with torch.no_grad():
        expected = network.eval()(ids, mask, looks, characters).numpy()
        without = network(ids, mask, looks, torch.zeros_like(characters)).numpy()
    graph = tmp_path / GRAPH
    write_graph(network.arrays(), Shape.of(tiny), graph)
    if small:
        quantised(graph, tmp_path / "small.onnx")
        graph = tmp_path / "small.onnx"
    given = {"ids": ids.numpy(), "mask": mask.int().numpy(), "looks": looks.numpy(), "characters": characters.numpy()}
    scores = np.asarray(onnxruntime.InferenceSession(graph).run([CHANCES], given)[0])
    assert np.abs(scores - expected).max() < (0.3 if small else 1e-4)
    assert np.abs(without - expected).max() > 0.5


def test_one_saved_before_there_were_characters_is_opened_and_reads_none(tiny: Path, tmp_path: Path) -> None:
    model = learned(tiny, epochs=1, word_features=["shape"])
    model.save(tmp_path)
    plain = json.loads((tmp_path / SETTINGS).read_text(encoding="utf-8"))
    del plain["word_features"]
    (tmp_path / SETTINGS).write_text(json.dumps({**plain, "format": 2}), encoding="utf-8")
    opened = TaggerModel.open(tmp_path, {})
    assert opened.settings == model.settings
    assert opened.card.notes == model.card.notes
    assert opened.predict(told(9, 3)).equals(model.predict(told(9, 3)))


def test_features_that_there_are_not_are_told_of(tiny: Path) -> None:
    with pytest.raises(LearnError, match="sees no 'charcters' of words"):
        learned(tiny, word_features=["charcters"])


@given(st.text(min_size=1, max_size=60))
def test_any_word_has_numbers_of_vectors_that_there_are(word: str) -> None:
    numbers = characters_of(word)
    assert len(numbers) == PLACES
    assert all(0 <= number < VECTORS for number in numbers)


def test_words_differ_by_their_capitals_and_not_by_their_digits() -> None:
    words = ("china", "China", "CHINA", "McChina")
    assert all(characters_of(a) != characters_of(b) for a, b in itertools.combinations(words, 2))
    assert characters_of("A380") == characters_of("A319")
    assert [outline(word) for word in ("McDonald", "U.S.", "NATO", "A-00", "é")] == ["XxXxx", "X.X.", "XX", "X-00", "x"]


@pytest.mark.parametrize("sign", ["中", "。", "“", "😀", "の"])
def test_what_is_a_word_by_itself_has_none(sign: str) -> None:
    assert characters_of(sign) == NOTHING


def test_numbers_stay_what_they_are() -> None:
    """Saved taggers were learned with them."""
    assert characters_of("Peking") == (1636, 26792, 25479, 8932, 15960, 31043, 2253, 29869)
