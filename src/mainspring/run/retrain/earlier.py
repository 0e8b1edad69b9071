"""Earlier: what the search of a version found, as the search for the next one wants it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from mainspring.backends.opening import Backends
from mainspring.backends.store.registry import ModelVersion
from mainspring.errors import LearnError, NotFound, StoreError, Tampered
from mainspring.run.train.record.beside import record_of
from mainspring.steps.learn.learner import Learner
from mainspring.steps.learn.portfolio import PORTFOLIO
from mainspring.steps.learn.record.learners import learner_of
from mainspring.steps.learn.terms import Earlier

TAKEN = 9
"""So many of the best of the earlier search are tried again: as many as went through all folds."""
EXPLORED = 3
"""So many that lost, other ones each time, are tried all the same: what was no good for the rows of then may be for those of now."""


def earlier_of(backends: Backends, found: ModelVersion) -> Earlier:
    """The members of the version's blend with their settings, and the order of its leaderboard; nothing where that is not known."""
    board: list[dict[str, Any]] = found.facts.get("leaderboard", [])
    if not board:
        return Earlier()
    names = [line["name"] for line in board]
    kept = {line["name"] for line in board if line["weight"] > 0}
    members = _members(
        backends, found, [line["name"] for line in sorted(board, key=lambda x: -x["weight"]) if line["name"] in kept]
    )
    scored = [line["name"] for line in board if line["score"] is not None]
    rest = [entry.name for entry in PORTFOLIO if entry.name not in scored[:TAKEN]]
    again = _in_turn([name for name in rest if name in names or name in scored], found.version)
    lost = {
        name: f"in the search of version {found.version} it was not among the {TAKEN} best"
        for name in rest if name not in again and name not in kept
    }  # fmt: skip
    return Earlier(tuple(members), (*scored[:TAKEN], *again), lost)


def _members(backends: Backends, found: ModelVersion, names: Sequence[str]) -> list[Learner]:
    try:
        record = record_of(backends, found.automation, found.version, cast("str | None", found.facts.get("record")))
    except (NotFound, StoreError, Tampered):
        return []
    plain = {fit.candidate: fit.learner for fit in record.ledger.fits if fit.learner is not None}
    members: list[Learner] = []
    for name in names:
        if name not in plain:
            continue
        try:
            members.append(_named(learner_of(plain[name]), found.version))
        except LearnError:
            continue  # of a kind that this release does not have
    return members


def _named(learner: Learner, version: int) -> Learner:
    """What was drawn then has a name of its own: the same number is drawn anew now."""
    if "~" not in learner.name or "@" in learner.name:
        return learner
    return replace(cast(Any, learner), name=f"{learner.name}@{version}")


def _in_turn(names: Sequence[str], version: int) -> list[str]:
    if not names:
        return []
    start = (version * EXPLORED) % len(names)
    return [names[(start + step) % len(names)] for step in range(min(EXPLORED, len(names)))]
