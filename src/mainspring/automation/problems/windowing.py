"""Windowing: whether the windows can be made of the rows that are declared."""

from collections import Counter
from collections.abc import Iterator

from mainspring.automation.condition import Condition
from mainspring.automation.learn import Learn
from mainspring.automation.prepare import Prepare
from mainspring.automation.problems.found import Found
from mainspring.automation.source import Source
from mainspring.automation.windows.window import Window, made_by

OF_NUMBERS = frozenset({"sum", "mean", "min", "max", "quantiles"})


def windowing(source: Source, prepare: Prepare, learn: Learn | None) -> Iterator[Found]:
    if not prepare.windows:
        return
    at = ("prepare", "windows")
    if source.time is None:
        yield at, "windows need the time of each row", "name its column: source.time"
    target = None if learn is None else learn.target
    for name, window in prepare.windows.items():
        yield from _keyed((*at, name), window, source, prepare)
        yield from _told((*at, name), window, prepare, target)
    made = [one.name for name, window in prepare.windows.items() for one in made_by(name, window)]
    for name, times in Counter(made).items():
        if times > 1:
            yield at, f"two windows make a column {name!r}", "call one of them differently"
        told = f"{name!r} is made by a window, after expectations were looked at"
        for i, condition in enumerate(prepare.conditions):
            if name in Condition(condition).names:
                yield ("prepare", "conditions", i), told, "write a rule about it under decide.rules"
        if name in prepare.expect:
            yield ("prepare", "expect", name), told, "write a rule about it under decide.rules"


def _keyed(at: tuple[str | int, ...], window: Window, source: Source, prepare: Prepare) -> Iterator[Found]:
    by = window.by or source.key
    if by is None:
        yield at, "whose rows count?", "name the column: by, or source.key"
    elif by == source.key and prepare.duplicates != "keep":
        told = f"it counts the rows of each {by!r}, but of rows with the same key only the last is kept"
        yield at, told, "write prepare.duplicates: keep"
    if by is not None and by == source.time:
        yield (*at, "by"), "rows are not counted by their time", "name the column that tells whose they are"


def _told(at: tuple[str | int, ...], window: Window, prepare: Prepare, target: str | None) -> Iterator[Found]:
    for made in made_by("", window):
        rule = prepare.protect.get(made.of)
        if made.of and made.of == target:
            yield (*at, made.kind), f"the target {target!r} is not known when it is decided", "take it off"
        elif made.kind in OF_NUMBERS and rule not in (None, "drop", "generalise"):
            yield (*at, made.kind), f"{made.of!r} is protected ({rule}): it is no number any more", "take it off"
    if window.by is not None and window.by == target:
        yield (*at, "by"), f"the target {target!r} is not known when it is decided", "name another column"


def counted(source: Source, prepare: Prepare) -> dict[str, str]:
    """Column → what it is needed for."""
    needed: dict[str, str] = {}
    for name, window in prepare.windows.items():
        for column in (window.by, *(made.of for made in made_by("", window))):
            needed[column or source.key or ""] = f"what window {name!r} looks at"
    return needed
