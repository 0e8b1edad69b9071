"""PairMeans: for two columns of names together, the mean of the target where both are as they are, and how common that is.

Who asks for what tells more than who, and what: a tree would have to cut both columns level by level. Means are smoothed; training
rows get those of the other folds, so that no row sees its own target.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from itertools import combinations
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mainspring.measure.samples.level_means import LevelMeans
from mainspring.steps.learn.tabular.scores import Floats

Ints = npt.NDArray[np.int64]
MOST_NAMES, MOST_PAIRS = 16, 36
COMMON = 2
"""Rows from which on two names together are a pair that is known."""
FINER = 1.05
"""A pair that has hardly more levels than one of its columns tells nothing beyond it."""
AT_ONCE = 1 << 14
"""Rows that are looked up together."""


@dataclass(frozen=True)
class PairMeans:
    """``names`` (k) are columns of a matrix (n × features), ``pairs`` (p × 2) pairs of their places among the names.

    The different values of name j are ``levels[starts[j] : starts[j + 1]]``, in order. A known pair of levels has its place in
    ``keys``, ascending, and its mean and share in ``told`` (keys × 2); of others the mean is ``whole`` and the share 0.
    """

    names: Ints
    levels: Floats
    starts: Ints
    pairs: Ints
    keys: Ints
    told: Floats
    whole: float

    @classmethod
    def of(cls, matrix: Floats, names: Ints, truth: Floats, weights: Floats | None) -> tuple[Self, Floats]:
        """The pairs that tell most of the truth (n) beyond what each of the two does; and what :meth:`expand` adds to these very
        rows (n × 2 p), each from the means of the other folds."""
        distinct = [np.unique(column[np.isfinite(column)]) for column in matrix[:, names].T]
        starts = np.cumsum([0, *map(len, distinct)])
        blank = cls(names, np.concatenate([*distinct, np.zeros(0)]), starts, np.zeros((0, 2), np.int64), np.zeros(0, np.int64),
                    np.zeros((0, 2)), 0.0)  # fmt: skip
        # The same folds whatever the seed: models of other seeds are averaged, and must ask for the same pairs.
        weight = np.ones(len(truth)) if weights is None else weights / weights.mean()
        codes, answers = blank._codes(matrix), LevelMeans(truth[:, None], weight)
        whole = float(answers.whole[0])
        kept = _best(codes, answers)
        made = cls(names, blank.levels, starts, kept, blank.keys, blank.told, whole)
        keys, told, apart = list[Ints](), list[Floats](), list[Floats]()
        for cells in made._cells(codes).T:
            known, place = np.unique(cells, return_inverse=True)
            means, counts = answers.smoothed(*answers.sums(place, len(known))), np.bincount(place)
            common = counts >= COMMON
            share = np.where(common, counts / len(truth), 0.0)
            keys.append(known[common])
            told.append(np.column_stack([means, share])[common])
            apart += [answers.apart(place, len(known))[:, 0], share[place]]
        full = cls(names, blank.levels, starts, kept, np.concatenate([*keys, blank.keys]),
                   np.concatenate([*told, blank.told]), whole)  # fmt: skip
        return full, np.column_stack(apart) if apart else np.zeros((len(matrix), 0))

    def __len__(self) -> int:
        return len(self.pairs)

    def expand(self, matrix: Floats) -> Floats:
        """The matrix with a mean and a share of each pair beside it (n × (features + 2 p))."""
        if len(matrix) > AT_ONCE:
            return np.concatenate([self.expand(matrix[at : at + AT_ONCE]) for at in range(0, len(matrix), AT_ONCE)])
        cells = self._cells(self._codes(matrix))
        place = np.minimum(np.searchsorted(self.keys, cells), max(0, len(self.keys) - 1))
        known = (self.keys[place] == cells)[:, :, None] if len(self.keys) else np.zeros((*cells.shape, 1), np.bool_)
        told = np.where(known, self.told[place] if len(self.keys) else 0.0, [self.whole, 0.0])
        return np.concatenate([matrix, told.reshape(len(matrix), 2 * len(self))], axis=1)

    def shared(self, added: Floats, width: int) -> Floats:
        """What the columns of pairs added (n × 2 p), half to each of their two features (n × width)."""
        by_feature = np.zeros((width, len(added)))
        for side in np.repeat(self.names[self.pairs], 2, axis=0).T:
            np.add.at(by_feature, side, added.T / 2)
        return by_feature.T

    @cached_property
    def _sizes(self) -> Ints:
        return np.diff(self.starts) + 1

    @cached_property
    def _bases(self) -> Ints:
        """Where the cells of each pair begin."""
        cells = self._sizes[self.pairs].prod(axis=1)
        return np.cumsum(cells) - cells

    def _codes(self, matrix: Floats) -> Ints:
        """From 1 on in the order of a name's levels; 0 for what is missing or was not seen (n × k)."""
        codes = np.zeros((len(matrix), len(self.names)), np.int64)
        for j, column in enumerate(matrix[:, self.names].T):
            levels = self.levels[self.starts[j] : self.starts[j + 1]]
            if len(levels):
                place = np.minimum(np.searchsorted(levels, column), len(levels) - 1)
                codes[:, j] = np.where(levels[place] == column, place + 1, 0)
        return codes

    def _cells(self, codes: Ints) -> Ints:
        """A number for each two codes of each pair (n × p)."""
        one, other = self.pairs.T
        return codes[:, one] * self._sizes[other] + codes[:, other] + self._bases

    def to_arrays(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Any) -> Self:
        return cls(**{f.name: arrays[f.name] for f in fields(cls) if f.name != "whole"}, whole=float(arrays["whole"]))


def _best(codes: Ints, answers: LevelMeans) -> Ints:
    """Pairs of columns of codes, those that tell most beyond what each of the two does."""
    sizes = codes.max(axis=0, initial=0) + 1
    alone = np.array([answers.explained(column, int(size)) for column, size in zip(codes.T, sizes, strict=True)])
    among = np.sort(np.argsort(-alone, kind="stable")[:MOST_NAMES]).tolist()
    found = list[tuple[float, int, int]]()
    for a, b in combinations(among, 2):
        known, place = np.unique(codes[:, a] * sizes[b] + codes[:, b], return_inverse=True)
        if len(known) > FINER * max(sizes[a], sizes[b]):
            told = answers.explained(place, len(known)) - float(max(alone[a], alone[b]))
            found.append((-told, int(a), int(b)))
    return np.array(sorted(pair[1:] for pair in sorted(found)[:MOST_PAIRS]), dtype=np.int64).reshape(-1, 2)
