"""Profile: what a table looks like, column by column."""

from dataclasses import asdict, dataclass
from typing import Any

from mainspring.measure.columns import ColumnProfile
from mainspring.model import Label, Question


@dataclass(frozen=True, slots=True)
class Suspect:
    """A column to look at before trusting a model: ``score`` is 1 when it alone tells the target."""

    column: str
    why: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class TargetProfile:
    """What is to be predicted. ``imbalance`` is the share of the rarest class, ``skew`` that of a number."""

    column: str
    question: Question
    missing: int
    classes: tuple[tuple[Label, int], ...] = ()
    imbalance: float | None = None
    skew: float | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A table's face: ``rows`` of it, ``looked_at`` of them in the expensive measures, ``duplicates`` that repeat another row."""

    rows: int
    columns: tuple[ColumnProfile, ...] = ()
    duplicates: int = 0
    target: TargetProfile | None = None
    suspects: tuple[Suspect, ...] = ()
    looked_at: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)
