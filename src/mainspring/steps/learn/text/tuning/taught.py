"""Taught: a small network learns what a larger one says, beside what is true (Hinton et al. 2015)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

SOFT = 2.0
"""By how much scores are divided before they become chances: what the teacher holds for nearly possible tells, too."""
TRUST = 0.5
"""How much of the loss is the teacher's, where the truth is known."""
UNKNOWN = -100
"""The class number of a text whose class nobody knows."""


@dataclass(frozen=True, slots=True)
class Taught:
    """The teacher's softened ``chances`` (texts × classes) of the training texts and, behind them, of ``unlabelled`` ones."""

    unlabelled: Sequence[str]
    chances: torch.Tensor


def blended(scores: torch.Tensor, of: torch.Tensor, chances: torch.Tensor) -> torch.Tensor:
    """The mean loss of scores (texts × classes): of the true classes and of what the teacher says; of the latter alone where the class is
    :data:`UNKNOWN`."""
    told = -(chances * torch.log_softmax(scores / SOFT, dim=1)).sum(dim=1) * SOFT**2
    true = nn.functional.cross_entropy(scores, of, ignore_index=UNKNOWN, reduction="none")
    trust = torch.where(of == UNKNOWN, 1.0, TRUST)
    return (trust * told + (1 - trust) * true).mean()
