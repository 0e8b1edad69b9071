"""Where no blanks are written, units are answered by the tokens that the encoder knows, whichever units those hold."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from mainspring.steps.learn.text.encoder.places import ENGLISH, MULTILINGUAL, folder_of
from mainspring.steps.learn.text.encoder.weights import Shape
from mainspring.steps.learn.text.tagging.graph import write_graph
from mainspring.steps.learn.text.tagging.model import CHANCES, GRAPH
from mainspring.steps.learn.text.tagging.pieces import Pieces, tokens_of, windows
from mainspring.steps.learn.text.tagging.words.joined import BETWEEN, FIRST, LAST, PLACES, WHOLE, joins
from mainspring.steps.learn.text.tagging.words.looks import LOOKS
from mainspring.steps.learn.text.tuning.network import TaggingNetwork

TEXT = "浙江省北京市长说GDP增长5.2%。"


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(folder_of(MULTILINGUAL) / "tokenizer.json"))


@pytest.fixture(scope="module")
def pieces(tokenizer: Tokenizer) -> Pieces:
    return Pieces(tokenizer, joined=True)


def test_only_an_encoder_with_such_tokens_joins(tokenizer: Tokenizer) -> None:
    assert joins(tokenizer)
    assert not joins(Tokenizer.from_file(str(folder_of(ENGLISH) / "tokenizer.json")))


def test_units_of_a_token_stand_at_its_places(pieces: Pieces, tokenizer: Tokenizer) -> None:
    units, cut = pieces.of(TEXT)
    ids = [one for piece in cut for one in piece.ids]
    answering = [tokenizer.id_to_token(ids[token - 1]) or "" for token in tokens_of(cut)]
    assert len(ids) < len(units)
    for unit, piece, token in zip(units, cut, answering, strict=True):
        word, said = TEXT[unit.start : unit.end], token.removeprefix("▁")
        if piece.place in (FIRST, BETWEEN, LAST):
            assert word in said
        if piece.place == FIRST:
            assert said.startswith(word)
        if piece.place == LAST:
            assert said.endswith(word)
    assert {piece.place for piece in cut} >= {WHOLE, FIRST, LAST}


def test_a_text_with_blanks_is_cut_as_ever(pieces: Pieces, tokenizer: Tokenizer) -> None:
    text = "Angela Merkel met them in Berlin."
    assert pieces.of(text) == Pieces(tokenizer).of(text)


@settings(deadline=None, max_examples=60)
@given(
    st.text(alphabet=st.sampled_from("中国人民银行北京市a1 .，《㎏①\u200b\x00ガ한😀\n"), max_size=120),
    st.integers(4, 40),
)
def test_every_unit_has_a_token_in_the_window_that_answers_it(pieces: Pieces, text: str, longest: int) -> None:
    _, cut = pieces.of(text)
    answered: list[int] = []
    for window in windows(cut, longest):
        seen = cut[window.first : window.end]
        tokens = tokens_of(seen)
        count = sum(len(piece.ids) for piece in seen)
        assert seen[0].ids
        assert all(1 <= token <= count for token in tokens)
        assert (tokens[1:] >= tokens[:-1]).all()
        answered += range(window.taken, window.left)
    assert answered == list(range(len(cut)))


@pytest.mark.parametrize("text", ["中" * 100_000, "中国" * 20_000 + "a" * 20_000, "﷽" * 500, "中\ud800国"])
def test_a_stretch_without_an_end_is_cut_all_the_same(pieces: Pieces, text: str) -> None:
    units, cut = pieces.of(text)
    assert len(units) == len(cut)
    assert cut[0].ids


def test_the_graph_has_the_lines_of_all_places(tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=50, hidden_size=64, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64
    )
    encoder, tags, tokens = transformers.BertModel(config, add_pooling_layer=False), 3, 7
    encoder.save_pretrained(tmp_path)
    network = TaggingNetwork(encoder, 64, LOOKS, tags, places=PLACES)
    assert network.apart is not None
    torch.nn.init.normal_(network.apart.weight, std=0.5)
    ids, looks, mask = (
        torch.randint(0, 50, (1, tokens)),
        torch.zeros(1, tokens, dtype=torch.long),
        torch.ones(1, tokens),
    )
    no_characters = torch.zeros(1, tokens, 1, dtype=torch.long)
    network.standardise(ids, mask, looks, no_characters)
    with torch.no_grad():
        expected = network.eval()(ids, mask, looks, no_characters).numpy()
    write_graph(network.arrays(), Shape.of(tmp_path), tmp_path / GRAPH)
    given = {"ids": ids.numpy(), "mask": mask.int().numpy(), "looks": looks.numpy()}
    scores = np.asarray(onnxruntime.InferenceSession(tmp_path / GRAPH).run([CHANCES], given)[0])
    assert scores.shape == (1, tokens, PLACES * tags)
    assert np.abs(scores - expected).max() < 1e-4
    assert np.abs(scores[..., :tags] - scores[..., tags : 2 * tags]).max() > 0.1
