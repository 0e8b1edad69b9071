"""Result: what a learning run came to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class RunResult:
    """``counts`` are of rows and add up; ``metrics`` are of the test rows; ``summary`` is for people, a row a policy
    (or, of several labels at once, a label).

    ``leaderboard`` has a row a candidate, in the order of the report. ``plan`` has what was ``expected`` of
    learning, on what ``basis``, and what was ``actual``: ``seconds``, bytes of ``memory`` and of ``disk``.
    """

    automation: str
    run_id: str
    version: int | None
    champion: bool
    counts: Mapping[str, int]
    metrics: Mapping[str, float]
    report: Path | None
    summary: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    notes: tuple[str, ...] = ()
    leaderboard: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    plan: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {**asdict(self), "report": None if self.report is None else str(self.report), "notes": list(self.notes)}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        """What :meth:`to_dict` made."""
        told: dict[str, Any] = dict(plain)
        told["report"] = None if told["report"] is None else Path(told["report"])
        told["notes"] = tuple(told["notes"])
        return cls(**told)
