"""Check: what is wrong with a declaration beyond its form, and what its author should know."""

from collections.abc import Iterator
from pathlib import Path

from mainspring.automation.automation import Automation
from mainspring.automation.condition import Cell, Condition
from mainspring.automation.yaml.lines import Path_, read_lines
from mainspring.automation.yaml.read import dotted, line_of, read
from mainspring.decision import NO_ACTION
from mainspring.errors import Problem, SpecError, nearest
from mainspring.model import Question

NOTHING = frozenset({"skip", NO_ACTION})
NUMBER_METRICS = frozenset({"rmse", "mae", "r2", "mape"})
Found = tuple[Path_, str, str]
"""Where, what, remedy."""


def check(path: Path) -> list[Problem]:
    """All problems of a declaration file, in the order of their lines; empty when it can run."""
    try:
        automation = read(path, Automation)
    except SpecError as error:
        return list(error.problems) or [Problem("file", error.what, None, error.remedy)]
    _, lines = read_lines(path)
    found = [Problem(dotted(at), what, line_of(at, lines), remedy) for at, what, remedy in problems(automation)]
    return sorted(found, key=lambda problem: (problem.line or 0, problem.path))


def refuse_problems(automation: Automation, where: str = "") -> None:
    """Raises SpecError with all problems of a declaration, however it was made."""
    found = [Problem(dotted(at), what, None, remedy) for at, what, remedy in problems(automation)]
    if found:
        raise SpecError(f"the declaration of {automation.name!r} cannot run", where=where, problems=found)


def notes(automation: Automation) -> list[str]:
    """What is not wrong, but should be known."""
    told: list[str] = []
    if automation.watch is not None:
        told.append("watch is read and kept, but this release does not act on it yet")
    if automation.decide is None and automation.act:
        told.append("act is declared, but nothing decides: give decide.gains, a threshold or rules")
    return told


def problems(automation: Automation) -> Iterator[Found]:
    """What cannot be right, each with where it is and what to do."""
    yield from _conditions(automation)
    yield from _target(automation)
    yield from _gains(automation)
    yield from _actions(automation)


def _conditions(automation: Automation) -> Iterator[Found]:
    for i, text in enumerate(automation.prepare.conditions):
        yield from _condition(text, ("prepare", "conditions", i))
    for i, rule in enumerate(automation.decide.rules if automation.decide else ()):
        at: Path_ = ("decide", "rules", i)
        if rule.condition is not None:
            yield from _condition(rule.condition, (*at, "if"))
        for j, row in enumerate(rule.table if isinstance(rule.table, list) else ()):
            yield from _row(row, (*at, "table", j))


def _condition(text: str, at: Path_) -> Iterator[Found]:
    try:
        Condition(text)
    except SpecError as error:
        yield at, error.what, error.remedy


def _row(row: dict[str, object], at: Path_) -> Iterator[Found]:
    if "then" not in row:
        yield at, "a row of a decision table needs 'then'", "add then: an action, or skip"
    for column, written in row.items():
        try:
            Cell(column, None if column in ("then", "because") else written)
        except SpecError as error:
            yield (*at, column), error.what, error.remedy


def _target(automation: Automation) -> Iterator[Found]:
    learn = automation.learn
    if learn is None:
        return
    if learn.target == automation.source.key:
        yield ("learn", "target"), "the target is the key", "name the column to predict"
    if learn.target in learn.exclude:
        yield ("learn", "exclude"), f"the target {learn.target!r} is excluded", "take it off the list"
    if automation.prepare.protect.get(learn.target) is not None:
        yield (
            ("prepare", "protect", learn.target),
            "the target cannot be protected: it is what is learned",
            "take it off",
        )
    if learn.split.by == "time" and not (learn.split.column or automation.source.time):
        yield ("learn", "split"), "a split by time needs a column", "give split.column or source.time"
    if learn.split.by == "group" and not (learn.split.column or automation.source.key):
        yield ("learn", "split"), "a split by group needs a column", "give split.column or source.key"
    if learn.question is not None and learn.optimise is not None and learn.optimise != "profit":
        is_number = learn.optimise in NUMBER_METRICS
        if is_number != (learn.question == Question.NUMBER):
            yield (
                ("learn", "optimise"),
                f"{learn.optimise!r} does not judge a {learn.question}",
                "choose another metric",
            )


def _gains(automation: Automation) -> Iterator[Found]:
    learn, decide = automation.learn, automation.decide
    gains = decide.gains if decide else None
    if learn is not None and learn.optimise == "profit" and gains is None:
        yield ("learn", "optimise"), "'profit' needs gains", "declare decide.gains"
    if gains is not None and learn is None:
        yield ("decide", "gains"), "gains need a model", "declare learn, or use rules alone"
    if gains is not None and learn is not None and learn.question == Question.NUMBER:
        yield ("decide", "gains"), "gains need a question with classes", "write rules over 'prediction'"


def _actions(automation: Automation) -> Iterator[Found]:
    decide = automation.decide
    if decide is None:
        return
    known = set(automation.act)
    if isinstance(decide.gains, dict):
        for name in decide.gains:
            yield from _unknown_action(name, known, ("decide", "gains", name))
    for i, rule in enumerate(decide.rules):
        if rule.then is not None:
            yield from _unknown_action(rule.then, known, ("decide", "rules", i, "then"))
        for j, row in enumerate(rule.table if isinstance(rule.table, list) else ()):
            yield from _unknown_action(
                str(row.get("then", NO_ACTION)), known, ("decide", "rules", i, "table", j, "then")
            )


def _unknown_action(name: str, known: set[str], at: Path_) -> Iterator[Found]:
    if not known or name in known or name in NOTHING:
        return
    guess = nearest(name, known | NOTHING)
    yield at, f"there is no action {name!r}", f"did you mean {guess!r}?" if guess else f"declare act.{name}"
