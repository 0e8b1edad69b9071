"""Bank: vectors of training texts, with their classes, to which others are compared. Light: numpy alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mainspring.steps.learn.text.encoded.vectors import vectors
from mainspring.steps.learn.text.rows import Floats, Rows

Ints = npt.NDArray[np.int64]
NEAREST = 3
AT_ONCE = 500
"""Rows that are compared at once."""
FILE = "bank.npz"


@dataclass(frozen=True)
class Bank:
    """``known`` (n × width, 32 bits) with their class numbers ``of``; ``centres`` (classes × width), and a ``whitener`` (width × width),
    which makes the spread within classes one in every direction.
    """

    encoder: str
    known: npt.NDArray[np.float32]
    of: Ints
    centres: Floats
    whitener: Floats

    @classmethod
    def of_rows(cls, encoder: str, told: Floats, of: Ints, most: int) -> Self:
        """From vectors (n × width) of rows with these classes; at most so many are kept, evenly spread over the classes."""
        order = np.lexsort((np.arange(len(of)), _rank_within(of)))[:most]
        kept = np.sort(order)
        centres = np.array([_centre(told[of == k]) for k in range(int(of.max()) + 1)])
        return cls(encoder, told[kept].astype(np.float32), of[kept], centres, _whitener(told - centres[of]))

    def nearness(self, told: Floats, own: Ints | None = None) -> Floats:
        """The mean cosine to the nearest known ones, of another class than ``own``."""
        found = np.empty(len(told))
        for first in range(0, len(told), AT_ONCE):
            part = slice(first, first + AT_ONCE)
            likeness = told[part].astype(np.float32) @ self.known.T
            if own is not None:
                likeness[own[part, None] == self.of[None]] = -1.0
            k = min(NEAREST, likeness.shape[1])
            found[part] = np.sort(np.partition(likeness, -k, axis=1)[:, -k:], axis=1).mean(axis=1, dtype=np.float64)
        return found

    def centrality(self, told: Floats, own: Ints | None = None) -> Floats:
        """The negative squared Mahalanobis distance to the nearest centre, of another class than ``own``."""
        present = np.isfinite(self.centres[:, 0])
        there, places = told @ self.whitener, self.centres[present] @ self.whitener
        found = np.empty(len(told))
        for i, row in enumerate(there):
            distance = ((places - row) ** 2).sum(axis=1)
            if own is not None:
                distance[np.flatnonzero(present) == own[i]] = np.inf
            found[i] = -distance.min()
        return found

    def energy(self, told: Floats, own: Ints | None = None) -> Floats:
        """The logarithm of the sum of the exponentials of a line's scores of all classes but ``own``: the negative free energy.

        The line is the one that the centres and the spread alone give (linear discriminant analysis), so that nothing is learned for it.
        """
        present = np.flatnonzero(np.isfinite(self.centres[:, 0]))
        places = self.centres[present] @ self.whitener
        there, half = told @ self.whitener, 0.5 * (places**2).sum(axis=1)
        found = np.empty(len(told))
        for i, row in enumerate(there):
            scores = places @ row - half
            if own is not None:
                scores[present == own[i]] = -np.inf
            most = scores.max()
            found[i] = most + np.log(np.exp(scores - most).sum())
        return found

    def save(self, folder: Path) -> None:
        np.savez(
            folder / FILE, known=self.known, of=self.of, centres=self.centres, whitener=self.whitener,
            encoder=np.array(self.encoder),
        )  # fmt: skip

    @classmethod
    def open(cls, folder: Path) -> Self | None:
        if not (folder / FILE).exists():
            return None
        with np.load(folder / FILE, allow_pickle=False) as arrays:
            told: Mapping[str, Any] = arrays
            return cls(str(told["encoder"]), told["known"], told["of"], told["centres"], told["whitener"])


def vectors_of(encoder: str, rows: Rows) -> Floats:
    """Of the texts of rows (n × width of all their columns together)."""
    return np.concatenate([vectors(encoder).of(texts) for texts in rows.texts], axis=1)


def _centre(told: Floats) -> Floats:
    return told.mean(axis=0) if len(told) else np.full(told.shape[1], np.inf)


def _rank_within(of: Sequence[int] | Ints) -> Ints:
    """Of each row how many of its class come before it, in an order in which each is spread over the rows."""
    rank = np.zeros(len(of), dtype=np.int64)
    order = np.random.default_rng(0).permutation(len(of))
    seen: dict[int, int] = {}
    for i in order.tolist():
        rank[i] = seen.get(int(of[i]), 0)
        seen[int(of[i])] = int(rank[i]) + 1
    return rank


def _whitener(within: Floats) -> Floats:
    """The inverse root of the covariance of (n × width), drawn a little towards a ball: few rows tell few directions."""
    spread = within.T @ within / max(1, len(within))
    ball = np.trace(spread) / len(spread)
    values, directions = np.linalg.eigh(0.9 * spread + 0.1 * ball * np.eye(len(spread)))
    return directions / np.sqrt(np.maximum(values, 1e-12))
