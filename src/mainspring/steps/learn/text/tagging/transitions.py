"""Transitions: how tags follow one another in the texts that were learned from, within a line and behind its end."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from mainspring.measure.spans.span import Span
from mainspring.measure.spans.tags import OUTSIDE, tagged
from mainspring.steps.learn.text.tagging.units import chunks_of, units_of

Floats = npt.NDArray[np.float32]
NEVER = np.float32(-1e9)
UNSEEN = 0.5
"""So often is each step taken to have been met besides: what was not seen is not impossible."""
LINES = 20
"""So many lines must have ended in the texts before it is believed that no span goes on behind the end of one."""


class Steps(NamedTuple):
    """What a step to a tag adds to its score: (tags × tags) ``within`` a line and ``behind`` the end of one, (tags,) for the ``first``."""

    within: Floats
    behind: Floats
    first: Floats


@dataclass(frozen=True, slots=True)
class Transitions:
    """How often a tag (column) stood behind another (row) ``within`` a line and ``behind`` the end of one, and how often it came ``first``
    in a text. ``weight`` is how much that counts beside the scores of the words.

    A step counts as far as it is likelier than its tag is by itself: the network knows already how often a tag is met (as in the
    hybrids of networks and Markov models; Bourlard & Morgan 1994).
    """

    within: tuple[tuple[int, ...], ...]
    behind: tuple[tuple[int, ...], ...]
    first: tuple[int, ...]
    weight: float = 0.0

    @classmethod
    def of(cls, texts: Iterable[str], spans: Iterable[Sequence[Span]], tags: Sequence[str]) -> Self:
        """As they are in texts with spans; of labels that are none of ``tags`` nothing is counted."""
        number = {tag: place for place, tag in enumerate(tags)}
        within, behind = (np.zeros((len(tags), len(tags)), np.int64) for _ in range(2))
        first = np.zeros(len(tags), np.int64)
        for text, of_text in zip(texts, spans, strict=True):
            units = units_of(text)
            placed = [number.get(tag) for tag in tagged(chunks_of(list(of_text), units), len(units))]
            if placed and placed[0] is not None:
                first[placed[0]] += 1
            for unit, before, after in zip(units, placed, placed[1:], strict=False):
                if before is not None and after is not None:
                    (behind if unit.ends else within)[before, after] += 1
        return cls(_rows(within), _rows(behind), tuple(map(int, first)))

    @classmethod
    def read(cls, plain: Mapping[str, Any], tags: int) -> Self:
        """As they were written down.

        Raises:
            ValueError: they are not of so many tags. KeyError, TypeError: they are something else.
        """
        within, behind, first = (np.array(plain[name], np.int64) for name in ("within", "behind", "first"))
        if (within.shape, behind.shape, first.shape) != ((tags, tags), (tags, tags), (tags,)):
            raise ValueError("transitions are of other tags")
        return cls(_rows(within), _rows(behind), tuple(map(int, first)), float(plain["weight"]))

    def steps(self, tags: Sequence[str]) -> Steps:
        within, behind, first = (np.array(told, np.float64) for told in (self.within, self.behind, self.first))
        usual = np.log(_shares(within.sum(axis=0) + behind.sum(axis=0) + first))
        allowed, begins = follows(tags)
        goes_on = allowed & ~begins[None, :]
        ends = begins[None, :] if behind.sum() >= LINES and not behind[goes_on].any() else allowed
        return Steps(
            self._where(allowed, np.log(_shares(within)) - usual),
            self._where(allowed & ends, np.log(_shares(behind)) - usual),
            self._where(begins, np.log(_shares(first)) - usual),
        )

    def _where(self, allowed: npt.NDArray[np.bool_], likelier: npt.NDArray[np.float64]) -> Floats:
        return np.where(allowed, np.float32(self.weight) * likelier.astype(np.float32), NEVER)


def steps_allowed(tags: Sequence[str]) -> Steps:
    """Where nothing is known of what follows what: each that is allowed is as good as any."""
    allowed, begins = follows(tags)
    within = np.where(allowed, np.float32(0), NEVER)
    return Steps(within, within, np.where(begins, np.float32(0), NEVER))


def follows(tags: Sequence[str]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which tag (column) may stand behind which (row), and which may come first (IOB2)."""
    begins = np.array([tag == OUTSIDE or tag[0] == "B" for tag in tags])
    same = np.array([[tag != OUTSIDE and before[1:] == tag[1:] for tag in tags] for before in tags])
    return begins[None, :] | same, begins


def _rows(counts: npt.NDArray[np.int64]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(map(int, row)) for row in counts)


def _shares(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    there = counts + UNSEEN
    return there / there.sum(axis=-1, keepdims=True)
