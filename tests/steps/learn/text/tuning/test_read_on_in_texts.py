"""An encoder reads on in texts that nobody labelled, guessing words that are hidden from it."""

import random
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from mainspring.errors import LearnError
from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.text.encoder.places import ENGLISH, folder_of
from mainspring.steps.learn.text.encoder.tokens import Tokens
from mainspring.steps.learn.text.tuning.masked import HIDDEN, Guessing, behind, chosen, read_on
from mainspring.steps.learn.text.tuning.network import pretrained

MACHINES = ("kiln", "lathe", "spindle", "gearbox", "conveyor", "compressor")
FAULTS = ("overheats", "jams", "rattles", "leaks coolant", "trips the breaker", "loses pressure")
REMEDIES = ("tighten the flange", "bleed the valve", "swap the bearing", "reset the inverter", "grease the chuck")


def reports(count: int, seed: int = 0) -> list[str]:
    """Of a workshop: which words stand beside which is no accident."""
    dice = random.Random(seed)
    told: list[str] = []
    for _ in range(count):
        at = dice.randrange(len(MACHINES))
        told.append(f"The {MACHINES[at]} {FAULTS[at]} on shift {dice.randint(1, 3)}: {REMEDIES[at % len(REMEDIES)]}.")
    return told


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return Tokens.open(folder_of(ENGLISH) / "tokenizer.json", 32)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=6), st.integers(0, 2**32))
def test_what_is_to_be_guessed_is_drawn_among_words(lengths: list[int], seed: int) -> None:
    free = np.zeros((len(lengths), 14), bool)
    for row, length in enumerate(lengths):
        free[row, 1 : 1 + length] = True
    hidden = chosen(free.shape, free, np.random.default_rng(seed))
    assert not (hidden & ~free).any()
    assert (hidden.sum(axis=1) >= np.minimum(lengths, 1)).all()


def test_hidden_words_are_marked_kept_or_others_in_their_shares() -> None:
    dice = np.random.default_rng(0)
    matrix = np.full((200, 100), 7)
    hidden = chosen(matrix.shape, np.ones(matrix.shape, bool), dice)
    assert hidden.mean() == pytest.approx(HIDDEN, abs=0.01)
    shown = behind(matrix, hidden, 1, [8, 9], dice)
    assert (shown[~hidden] == 7).all()
    shares = [np.isin(shown[hidden], some).mean() for some in ([1], [7], [8, 9])]
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=0.02)


def test_words_are_scored_by_the_vectors_of_the_encoder_itself(tokens: Tokens) -> None:
    encoder = pretrained(folder_of(ENGLISH))
    (one,) = tokens.of(["the kiln overheats"])
    network = Guessing(encoder, sorted(set(one.ids)))
    width = encoder.config.hidden_size
    own = {name: p.shape for name, p in network.named_parameters() if not name.startswith("encoder.")}
    assert max(len(shape) and shape[0] for shape in own.values()) == width  # no second table of words
    hidden = torch.zeros(1, len(one.ids), dtype=torch.bool)
    hidden[0, 2] = True
    scores = network(torch.tensor([one.ids]), torch.ones(1, len(one.ids)).long(), hidden)
    assert scores.shape == (1, len(set(one.ids)))
    scores.sum().backward()
    untouched = encoder.get_input_embeddings().weight.grad[tokens.tokenizer.token_to_id("gearbox") or 20000]
    assert encoder.get_input_embeddings().weight.grad[one.ids[1]].abs().sum() > 0 == untouched.abs().sum()


@pytest.mark.slow
def test_it_learns_how_the_texts_speak(tokens: Tokens) -> None:
    encoder = pretrained(folder_of(ENGLISH))
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    found = read_on(encoder, tokens, [*reports(400), "", "   "], Budget(time.monotonic() + 150.0, 2), 0.8, seed=1)
    assert found.texts == 400
    assert found.loss[1] < 0.7 * found.loss[0]
    assert "read on in 400 texts, guessing hidden words, in" in found.told
    assert any(not torch.equal(found.state[name], before[name]) for name in before)


def test_a_tokenizer_without_a_mark_is_refused(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "kiln": 1}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(LearnError, match="no mark for hidden words"):
        read_on(
            None, Tokens.open(tmp_path / "tokenizer.json", 32), reports(3), Budget(time.monotonic() + 5.0), 1.0, seed=0
        )
