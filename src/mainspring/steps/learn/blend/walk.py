"""Walk: what all members of a blend answer, their trees in one walk.

Each call of the engine costs as much as a hundred trees, so the trees of all members are packed as the outputs of one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from mainspring.steps.learn.tabular.scores import Floats, Raw, Summed
from mainspring.steps.learn.text.rows import Blendable, Reads, Rows


@dataclass(frozen=True, slots=True)
class _Part:
    """A member: a ``place`` among the sums that are made together, or a ``walk`` of its own, or what it answers is ``asked`` of it."""

    member: Blendable
    asked: Callable[[Rows], Floats]
    place: slice | None
    walk: Raw | None

    @property
    def summed(self) -> Summed:
        return cast(Summed, self.member)


class Walk:
    """Of ``members`` over the same number of numeric ``features``."""

    def __init__(self, members: Sequence[Blendable], features: int) -> None:
        told = [member.sums() if isinstance(member, Summed) else None for member in members]
        trees = [sums for sums in told if sums is not None and sums.together is not None]
        self._together = trees[0].together(trees, features) if trees and trees[0].together else None
        self._parts = list[_Part]()
        first = 0
        for member, sums in zip(members, told, strict=True):
            place = None
            if sums is not None and sums.together is not None:
                place = slice(first, first + sums.outputs)
                first += sums.outputs
            self._parts.append(_Part(member, _asked(member), place, None if sums is None else sums.walk))

    def many(self, rows: Rows) -> Iterator[Floats]:
        """The scores (n × k) of each member in turn."""
        matrix = rows.matrix
        together = None if self._together is None else self._together(matrix)
        for part in self._parts:
            if part.place is not None and together is not None:
                yield part.summed.of_sums(together[:, part.place])
            else:
                yield part.asked(rows) if part.walk is None else part.summed.of_sums(part.walk(matrix))

    def one(self, rows: Rows) -> Iterator[list[float]]:
        """The same of one row, in plain numbers."""
        matrix = rows.matrix
        together = [] if self._together is None else self._together(matrix)[0].tolist()
        for part in self._parts:
            if part.place is not None:
                yield part.summed.of_one(together[part.place])
            elif part.walk is not None:
                yield part.summed.of_one(part.walk(matrix)[0].tolist())
            else:
                yield part.asked(rows)[0].tolist()


def _asked(member: Blendable) -> Callable[[Rows], Floats]:
    if isinstance(member, Reads):
        return member.scores_of
    return lambda rows: member.scores(rows.matrix)
