"""Check: what is wrong with a declaration, and what its author should know."""

from collections.abc import Iterator
from pathlib import Path

from mainspring.automation.automation import Automation
from mainspring.automation.decide import OutcomeGains
from mainspring.automation.problems.find import problems, spoken_of
from mainspring.automation.written.read import dotted, read
from mainspring.errors import Problem, SpecError


def check(path: Path) -> list[Problem]:
    """All problems of a declaration file, in the order of their lines; empty when it can run."""
    try:
        read(path, Automation)
    except SpecError as error:
        return list(error.problems) or [Problem("file", error.what, None, error.remedy)]
    return []


def refuse_problems(automation: Automation, where: str = "") -> None:
    """Raises SpecError with all problems of a declaration, also of one that was copied with changes."""
    found = [Problem(dotted(at), what, None, remedy) for at, what, remedy in problems(automation)]
    if found:
        raise SpecError(f"the declaration of {automation.name!r} cannot run", where=where, problems=found)


def notes(automation: Automation) -> list[str]:
    """What is not wrong, but should be known."""
    return list(_notes(automation))


def _notes(automation: Automation) -> Iterator[str]:
    decide = automation.decide
    if automation.watch.retrain.when is not None and automation.learn is None:
        yield "watch.retrain.when is declared, but nothing is learned"
    if automation.watch.retrain.promote == "when_proved" and (decide is None or decide.gains is None):
        yield "watch.retrain.promote: when_proved needs decide.gains to be proved by: a new version is promoted when it is better"
    if automation.act and (decide is None or (decide.gains is None and decide.threshold is None and not decide.rules)):
        yield "act is declared, but nothing decides: give decide.gains, a threshold or rules"
    if decide is not None and decide.gains is not None and decide.threshold is not None:
        yield "decide.threshold comes before decide.gains: the gains only count what was earned"
    if decide is not None and isinstance(decide.gains, OutcomeGains) and decide.gains == OutcomeGains():
        yield "decide.gains are all zero: nothing will ever be worth doing"
    protect = automation.prepare.protect
    for column in sorted((spoken_of(automation) | set(automation.prepare.expect)) & set(protect)):
        yield f"{column} is protected ({protect[column]}): rules and expectations see what stands in its place"
