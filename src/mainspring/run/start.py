"""Start: how a run is started, and what of the declaration it overrides."""

from collections.abc import Sequence
from dataclasses import dataclass

from mainspring.automation import Automation
from mainspring.automation.units import seconds
from mainspring.errors import SpecError


@dataclass(frozen=True, slots=True)
class Start:
    """``budget`` (``"5m"``, or seconds) is in place of ``learn.limits.time``, ``candidates`` of ``learn.candidates``.

    ``fresh`` starts over, ``resume`` starts nothing: it goes on with what was interrupted. Neither: whichever there is.
    """

    fresh: bool = False
    resume: bool = False
    budget: str | float | None = None
    candidates: Sequence[str] = ()

    def applied(self, automation: Automation) -> Automation:
        """The automation as this run takes it: what is overridden is part of its fingerprint and is kept with the run.

        Raises:
            SpecError: ``fresh`` and ``resume`` at once, no such time, or nothing to override.
        """
        if self.fresh and self.resume:
            raise SpecError(
                "a run is either resumed or started over", where="resume", remedy="leave fresh or resume out"
            )
        if self.budget is None and not self.candidates:
            return automation
        declared = automation.learn
        if declared is None:
            where = "candidates" if self.budget is None else "budget"
            raise SpecError(f"{automation.name!r} learns nothing", where=where, remedy="leave it out")
        limits = declared.limits
        if self.budget is not None:
            limits = limits.model_copy(update={"time": _budget(self.budget)})
        candidates = list(self.candidates) or declared.candidates
        learn = declared.model_copy(update={"limits": limits, "candidates": candidates})
        return automation.model_copy(update={"learn": learn})


def _budget(told: str | float) -> float:
    try:
        return seconds(told)
    except ValueError as error:
        raise SpecError(str(error), where="budget", remedy="for instance 5m") from error
