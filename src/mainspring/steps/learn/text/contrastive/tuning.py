"""Tuning: an encoder learns to lay texts of one class together and others apart (supervised contrastive learning).

Each example is a text and another one of its class, drawn anew in each pass; the others of a batch are what it is told apart from
(Khosla et al. 2020; for few labels Tunstall et al. 2022, *SetFit*).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.text.encoder.drawn import PREFIXES
from mainspring.steps.learn.text.encoder.places import folder_of
from mainspring.steps.learn.text.encoder.tokens import Tokens, padded
from mainspring.steps.learn.text.encoder.weights import TOKENIZER, Shape
from mainspring.steps.learn.text.tuning.course import Course, Judging, Pace
from mainspring.steps.learn.text.tuning.network import arrays_of, left, mean_of, pretrained

Ints = npt.NDArray[np.int64]
TEMPERATURE = 0.1
LONGEST = 64
"""Tokens of a text that are learned from; a few tell what it is about."""
PASSES, MOST_EXAMPLES = 12.0, 12_000
"""Passes over the texts, fewer where there are many: so many examples in all."""


class _Network(nn.Module):
    """Vectors of length one (texts × width): the mean over the tokens that are there."""

    def __init__(self, source: Path) -> None:
        super().__init__()
        self.encoder = pretrained(source)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        told = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return nn.functional.normalize(mean_of(told, mask), dim=-1)


def tuned(name: str, texts: Sequence[str], of: Ints, seed: int, budget: Budget) -> Path:
    """A new folder with the encoder of this name, tuned on ``texts`` with their class numbers ``of``: its graph, tokenizer and facts.
    Whoever asked for it takes it away.

    Raises:
        MissingExtra, LearnError: there is no such encoder here.
    """
    source = folder_of(name)
    torch.manual_seed(seed)
    network = _Network(source)
    tokens = Tokens.open(source / TOKENIZER, min(LONGEST, Shape.of(source).longest))
    ids = [one.ids for one in tokens.of([PREFIXES.get(name, "") + text for text in texts])]
    pairs = _Pairs(of, seed)

    def lengths(epoch: int) -> list[int]:
        return [len(ids[i]) + len(ids[j]) for i, j in enumerate(pairs.of(epoch))]

    def loss(batch: Sequence[int]) -> torch.Tensor:
        both = [*batch, *(pairs.drawn[i] for i in batch)]
        matrix, mask = padded([ids[i] for i in both])
        vectors = network(torch.from_numpy(matrix), torch.from_numpy(mask).long())
        return contrast(vectors.float(), torch.from_numpy(of[both]))

    passes = min(PASSES, max(1.0, MOST_EXAMPLES / len(texts)))
    pace = Pace(epochs=passes, rate=5e-5, tokens=4096, texts=32, average=0.9, seed=seed)
    Course(network, lengths, loss, pace, Judging()).run(budget)
    return left(name, source, arrays_of(network.encoder))


def contrast(vectors: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
    """The mean, over texts (n × width), of the log of the share that those of the same class have of all the likeness to others."""
    likeness = vectors @ vectors.T / TEMPERATURE
    itself = torch.eye(len(of), dtype=torch.bool)
    shares = torch.log_softmax(likeness.masked_fill(itself, -1e9), dim=1)
    same = (of[:, None] == of[None]) & ~itself
    return -(shares.masked_fill(~same, 0.0).sum(dim=1) / same.sum(dim=1).clamp(min=1)).mean()


class _Pairs:
    """Of each text another one of its class; itself where it is the only one."""

    def __init__(self, of: Ints, seed: int) -> None:
        self._of, self._seed = of, seed
        self._members = {int(k): np.flatnonzero(of == k) for k in np.unique(of)}
        self.drawn: list[int] = []

    def of(self, epoch: int) -> list[int]:
        dice = np.random.default_rng((self._seed, epoch))
        self.drawn = [self._other(i, int(k), dice) for i, k in enumerate(self._of)]
        return self.drawn

    def _other(self, i: int, k: int, dice: np.random.Generator) -> int:
        members = self._members[k]
        if len(members) == 1:
            return i
        other = int(members[dice.integers(len(members) - 1)])
        return other if other != i else int(members[-1])
