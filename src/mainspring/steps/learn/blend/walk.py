"""Walk: what all members of a blend answer, their trees in one walk.

Each call of the engine costs as much as a hundred trees, so the trees of all members are packed as the outputs of one; symmetric ones,
which need no walk, are looked up together.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from mainspring.steps.learn.tabular.scores import Floats, Raw, Summed, Sums
from mainspring.steps.learn.text.rows import Blendable, Reads, Rows

Together = Callable[[Sequence[Sums], int], Raw]


@dataclass(frozen=True, slots=True)
class _Part:
    """A member: a ``place`` among the sums that are made together (which of them, and where), or a ``walk`` of its own, or what it answers
    is ``asked`` of it."""

    member: Blendable
    asked: Callable[[Rows], Floats]
    place: tuple[int, slice] | None
    walk: Raw | None

    @property
    def summed(self) -> Summed:
        return cast(Summed, self.member)


class Walk:
    """Of ``members`` over the same number of numeric ``features``."""

    def __init__(self, members: Sequence[Blendable], features: int) -> None:
        self._parts = list[_Part]()
        joined: dict[Together, list[Sums]] = {}
        for member in members:
            sums = member.sums() if isinstance(member, Summed) else None
            place = None
            if sums is not None and sums.together is not None:
                own = joined.setdefault(sums.together, [])
                first = sum(one.outputs for one in own)
                own.append(sums)
                place = list(joined).index(sums.together), slice(first, first + sums.outputs)
            self._parts.append(_Part(member, _asked(member), place, None if sums is None else sums.walk))
        self._together = [together(own, features) for together, own in joined.items()]

    def many(self, rows: Rows) -> Iterator[Floats]:
        """The scores (n × k) of each member in turn."""
        matrix = rows.matrix
        together = [raw(matrix) for raw in self._together]
        for part in self._parts:
            if part.place is not None:
                which, place = part.place
                yield part.summed.of_sums(together[which][:, place])
            else:
                yield part.asked(rows) if part.walk is None else part.summed.of_sums(part.walk(matrix))

    def one(self, rows: Rows) -> Iterator[list[float]]:
        """The same of one row, in plain numbers."""
        matrix = rows.matrix
        together = [raw(matrix)[0].tolist() for raw in self._together]
        for part in self._parts:
            if part.place is not None:
                which, place = part.place
                yield part.summed.of_one(together[which][place])
            elif part.walk is not None:
                yield part.summed.of_one(part.walk(matrix)[0].tolist())
            else:
                yield part.asked(rows)[0].tolist()


def _asked(member: Blendable) -> Callable[[Rows], Floats]:
    if isinstance(member, Reads):
        return member.scores_of
    return lambda rows: member.scores(rows.matrix)
