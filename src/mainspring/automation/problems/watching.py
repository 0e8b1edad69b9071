"""Watching: whether what is declared about it can come to pass."""

from collections.abc import Iterator

from mainspring.automation.decide import Decide
from mainspring.automation.problems.found import Found
from mainspring.automation.watch import Challenger, Watch


def watching(decide: Decide | None, watch: Watch) -> Iterator[Found]:
    if watch.challenger is not None and (told := too_short(decide, watch.challenger)) is not None:
        yield ("watch", "challenger", "within"), *told


def ripening(decide: Decide | None) -> float | None:
    """After how many seconds the outcome of a decision counts; None where it does at once."""
    return None if decide is None or decide.feedback is None else decide.feedback.after


def too_short(decide: Decide | None, terms: Challenger) -> tuple[str, str] | None:
    """What is wrong with a challenge that ends before it can be decided, and what to do; None where it can."""
    ripens = ripening(decide)
    if ripens is None or terms.lasts(ripens) > ripens:
        return None
    return (
        f"a challenge of {terms.lasts(ripens):g} s ends before any outcome counts, {ripens:g} s after its decision",
        "give it longer than decide.feedback.after",
    )
