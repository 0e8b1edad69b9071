"""Met: of a vocabulary the few tokens that are met are learned, and the many others neither learned nor looked after.

A multilingual vocabulary has 250,000 rows, of which a Chinese data set meets a few thousand: whoever moved all would spend the time of
a step on rows that get no gradient.
"""

from collections.abc import Collection
from typing import Any

import torch
from torch import nn


class MetWords(nn.Module):
    """Stands for the vectors of all tokens; only those ``met`` can be asked for."""

    def __init__(self, whole: nn.Embedding, met: Collection[int]) -> None:
        super().__init__()
        self.whole = whole.requires_grad_(False)
        self.numbers = torch.tensor(sorted(set(met)))
        places = torch.full((whole.num_embeddings,), -1)
        places[self.numbers] = torch.arange(len(self.numbers))
        self.places = places
        self.met = nn.Embedding.from_pretrained(whole.weight[self.numbers].clone(), freeze=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Raises IndexError: one was not met."""
        return self.met(self.places[ids])


def meet(encoder: Any, met: Collection[int]) -> None:
    """Learn of the encoder's vocabulary these tokens only."""
    encoder.set_input_embeddings(MetWords(encoder.get_input_embeddings(), met))


def put_back(encoder: Any) -> None:
    """The vocabulary is whole again, with what was learned of it."""
    words = encoder.get_input_embeddings()
    if isinstance(words, MetWords):
        with torch.no_grad():
            words.whole.weight[words.numbers] = words.met.weight
        encoder.set_input_embeddings(words.whole)
