"""Protecting: whether what is dropped is needed elsewhere."""

from collections.abc import Iterator

from mainspring.automation.learn import Learn
from mainspring.automation.prepare import Prepare
from mainspring.automation.problems.found import Found
from mainspring.automation.problems.windowing import counted
from mainspring.automation.source import Source


def protecting(source: Source, prepare: Prepare, learn: Learn | None, ruled: frozenset[str]) -> Iterator[Found]:
    """``ruled`` are the columns that rules speak of."""
    if learn is not None and learn.target in prepare.protect:
        at = ("prepare", "protect", learn.target)
        yield at, "the target cannot be protected: it is what is learned", "take it off"
    needed = counted(source, prepare) | _needed(source, learn, ruled)
    for column, how in prepare.protect.items():
        if how == "drop" and column in needed:
            at = ("prepare", "protect", column)
            yield at, f"{column!r} is dropped, but it is {needed[column]}", "pseudonymise it, or do without it"


def _needed(source: Source, learn: Learn | None, ruled: frozenset[str]) -> dict[str, str]:
    uses = dict.fromkeys(ruled, "what a rule speaks of")
    if learn is not None:
        uses |= {learn.weight or "": "the weight", learn.split.column or "": "what rows are split by"}
    return uses | {source.time or "": "the time", source.key or "": "the key"}
