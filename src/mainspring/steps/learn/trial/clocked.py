"""Clocked: what the clock and the speed of the machine decided in a search: where it may come out otherwise, run again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mainspring.steps.learn.learner import Work
from mainspring.steps.learn.record.learners import plain_of
from mainspring.steps.learn.record.ledger import Fit, Ledger
from mainspring.steps.learn.trial.attempt import Try
from mainspring.steps.learn.trial.tries import TOO_LATE

BAGS = "bags"
"""Under this name the ledger has how often the members learned, where time or speed allowed no more."""


DECIDED = {
    "cut": "the clock cut short", "paced": "fits that did less, or larger steps, to be done in time:",
    "late": "candidates for which there was no time:", "fewer": "candidates that did not come to all folds:",
}  # fmt: skip
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Clocked:
    """Of so many ``fits``: those that were ``cut`` short, those ``paced`` (fewer units, or larger steps, to be done in time); candidates
    that came too ``late``, and those that went through ``fewer`` folds than there are. ``bags`` is how often the members learned on
    all rows, where time or the measured speed of a row allowed no more, else None; ``chosen`` whether a limit of latency chose;
    ``drawn`` how many candidates were drawn: how many, and near which, is a matter of who was done first."""

    fits: int
    cut: tuple[str, ...] = ()
    paced: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    fewer: tuple[str, ...] = ()
    bags: int | None = None
    chosen: bool = False
    drawn: int = 0

    @property
    def decided(self) -> bool:
        """Whether the clock decided anything."""
        return bool(
            self.cut or self.paced or self.late or self.fewer or self.bags is not None or self.chosen or self.drawn
        )

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "decided": self.decided}


def clock_note(clocked: Mapping[str, Any], name: str) -> str:
    """What :meth:`Clocked.to_dict` says, in a sentence for whoever ran the automation of this ``name``."""
    if not clocked["decided"]:
        return f"the clock cut none of the {clocked['fits']} fits: run again on the same rows, it gives the same model"
    parts = [f"{what} {_listed(clocked[key])}" for key, what in DECIDED.items() if clocked[key]]
    if clocked["drawn"]:
        parts.append(f"{clocked['drawn']} candidates were drawn near the best, in the time that was left")
    if clocked["bags"] is not None:
        parts.append(f"members learned {clocked['bags']} times each, as often as time and the speed of a row allowed")
    if clocked["chosen"]:
        parts.append("the measured speed of a row chose, by the limit of latency")
    return (
        f"run again, it may come out otherwise: {'; '.join(parts)}. The same model is made by: mainspring repeat {name}"
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return f"{len(names)} ({shown}{', …' if len(names) > SHOWN else ''})"


def fits_of(tries: Sequence[Try]) -> list[Fit]:
    """What each that was not left out did on each fold."""
    return [
        Fit(
            attempt.learner.name, plain_of(attempt.learner), fold, result.work, dict(result.tuned),
            {"seconds": result.seconds, "latency_ms": dict(result.latency_ms), "hurried": result.hurried, "memory": result.memory,
             "again": result.again},
        )
        for attempt in tries if attempt.why_not is None
        for fold, result in sorted(attempt.results.items())
    ]  # fmt: skip


def clocked(tries: Sequence[Try], folds: int, ledger: Ledger, *, by_latency: bool) -> Clocked:
    """Of a search that has ended."""
    works = {f"{fit.candidate}, fold {fit.fold + 1}": fit.work for fit in ledger.fits}
    whole = {name: told["work"] for name, told in ledger.told.items() if isinstance(told, dict) and "work" in told}
    works |= {name: Work.from_dict(work) for name, work in whole.items() if work is not None}
    return Clocked(
        len(works),
        tuple(name for name, work in works.items() if work.cut),
        tuple(name for name, work in works.items() if work.paced and not work.cut),
        tuple(t.learner.name for t in tries if t.why_not in TOO_LATE),
        tuple(t.learner.name for t in tries if t.why_not is None and len(t.results) < folds),
        ledger.told.get(BAGS),
        by_latency,
        sum(t.parent is not None for t in tries),
    )
