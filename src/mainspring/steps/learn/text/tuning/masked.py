"""Masked: an encoder reads on in texts that nobody labelled, guessing words that are hidden from it, before it is tuned.

Hidden as of BERT (Devlin et al. 2019), on the texts of the domain or the task at hand (Gururangan et al. 2020).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from mainspring.errors import LearnError
from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.text.encoder.tokens import Tokens, padded
from mainspring.steps.learn.text.tuning.course import Course, Judging, Pace

HIDDEN = 0.15
"""The share of tokens that are to be guessed."""
MARKED, KEPT = 0.8, 0.9
"""Of those so many are hidden behind the mark, the next up to here stay as they are, and the rest become others."""
MARKS = ("[MASK]", "<mask>")
MOST_TEXTS = 50_000
PASSES = 3.0
RATE = 1e-4

State = Mapping[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class ReadOn:
    """The encoder's weights after it read on in so many ``texts``, in ``steps``, with the ``loss`` of the first and of the last tenth."""

    state: State
    texts: int
    steps: int
    loss: tuple[float, float]

    @property
    def told(self) -> str:
        first, last = self.loss
        how = f"in {self.steps:,} steps (loss {first:.2f} to {last:.2f})"
        return f"read on in {self.texts:,} texts, guessing hidden words, {how}"


class Guessing(nn.Module):
    """Scores of the tokens that the texts have (hidden places × tokens met), by the encoder's own vectors of tokens."""

    def __init__(self, encoder: Any, met: Sequence[int]) -> None:
        super().__init__()
        self.encoder = encoder
        width = int(encoder.config.hidden_size)
        self.turned, self.normed = nn.Linear(width, width), nn.LayerNorm(width)
        nn.init.eye_(self.turned.weight)
        nn.init.zeros_(self.turned.bias)
        self.bias = nn.Parameter(torch.zeros(len(met)))
        self.met = torch.tensor(met)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        told = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state[hidden]
        guess = self.normed(nn.functional.gelu(self.turned(told)))
        return guess @ self.encoder.get_input_embeddings().weight[self.met].T + self.bias


def read_on(encoder: Any, tokens: Tokens, texts: Sequence[str], budget: Budget, share: float, seed: int) -> ReadOn:
    """Train ``encoder`` in place on ``texts`` for a ``share`` of the time left.

    Raises:
        LearnError: its tokenizer has no mark for hidden words.
    """
    mark = next((one for name in MARKS if (one := tokens.tokenizer.token_to_id(name)) is not None), None)
    if mark is None:
        raise LearnError("the encoder's tokenizer has no mark for hidden words", where="learn.adapt",
                         remedy="leave adapt out, or name an encoder that was pretrained on hidden words")  # fmt: skip
    some = texts[:: max(1, -(-len(texts) // MOST_TEXTS))]
    found = [one for one in tokens.of(some) if not all(one.special_tokens_mask)]
    ids, fixed = [one.ids for one in found], [one.special_tokens_mask for one in found]
    met = sorted({token for of_text in ids for token in of_text})
    places = np.full(tokens.tokenizer.get_vocab_size(), -1)
    places[met] = np.arange(len(met))
    network, dice, losses = Guessing(encoder, met), np.random.default_rng(seed), list[float]()

    def loss(batch: Sequence[int]) -> torch.Tensor:
        matrix, mask = padded([ids[i] for i in batch])
        hidden = chosen(matrix.shape, padded([[1 - one for one in fixed[i]] for i in batch])[0].astype(bool), dice)
        wanted = places[matrix[hidden]]
        scores = network(
            torch.from_numpy(behind(matrix, hidden, mark, met, dice)),
            torch.from_numpy(mask).long(),
            torch.from_numpy(hidden),
        )
        value = nn.functional.cross_entropy(scores.float(), torch.from_numpy(wanted))
        losses.append(float(value.detach()))
        return value

    pace = Pace(epochs=PASSES, rate=RATE, tokens=2048, texts=32, seed=seed)
    reached = Course(network, lambda _: [len(one) for one in ids], loss, pace, Judging()).run(budget, share=share)
    part = max(1, len(losses) // 10)
    state = {name: tensor.detach().clone() for name, tensor in encoder.state_dict().items()}
    ends = (float(np.mean(losses[:part])), float(np.mean(losses[-part:]))) if losses else (0.0, 0.0)
    return ReadOn(state, len(ids), reached.steps, ends)


def chosen(shape: tuple[int, ...], free: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """Which places (texts × tokens) are to be guessed, among those that are ``free``: at least one of each text."""
    drawn = np.where(free, dice.random(shape), 2.0)
    return free & ((drawn < HIDDEN) | (drawn == drawn.min(axis=1, keepdims=True)))


def behind(
    matrix: np.ndarray, hidden: np.ndarray, mark: int, met: Sequence[int], dice: np.random.Generator
) -> np.ndarray:
    """The tokens as the encoder sees them."""
    drawn = dice.random(matrix.shape)
    shown = np.where(hidden & (drawn < MARKED), mark, matrix)
    return np.where(hidden & (drawn >= KEPT), dice.choice(np.array(met), matrix.shape), shown)


def unlabelled_of(path: Path) -> list[str]:
    """The texts of a file that the search was given."""
    return list(json.loads(path.read_text(encoding="utf-8")))
