"""Learners in plain values, and back: only of the kinds that are known here, so that a record can name nothing else to be run."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, cast

from mainspring.errors import LearnError
from mainspring.steps.learn.kinds import LEARNERS, learner_named
from mainspring.steps.learn.learner import Learner
from mainspring.steps.learn.tabular.log_target.fit import LogTarget

LOG_TARGET = "log_target"
GIVEN = frozenset({"unlabelled", "adapt", "teacher"})
"""Settings that each search gives anew, as it is declared; a file of texts is there as long as it lasts."""


def plain_of(learner: Learner) -> dict[str, Any] | None:
    """``kind`` and settings, as JSON holds them; None for a learner of no kind that :func:`learner_of` knows."""
    if isinstance(learner, LogTarget):
        inner = plain_of(learner.learner)
        return None if inner is None else {"kind": LOG_TARGET, "name": learner.name, "learner": inner}
    where = f"{type(learner).__module__}:{type(learner).__name__}"
    kinds = [kind for kind, place in LEARNERS.items() if place == where]
    if not kinds or not is_dataclass(learner):
        return None
    plain = {one.name: getattr(learner, one.name) for one in fields(learner) if one.name != "tuned"}
    return {
        **{
            n: {k: s for k, s in v.items() if k not in GIVEN} if isinstance(v, Mapping) else v for n, v in plain.items()
        },
        "kind": plain.get("kind", kinds[0]),
    }


def learner_of(plain: Mapping[str, Any]) -> Learner:
    """The learner that :func:`plain_of` wrote down.

    Raises:
        LearnError: it is of no known kind, or has settings that this kind does not take.
    """
    told = dict(plain)
    kind = told.pop("kind", None)
    try:
        if kind == LOG_TARGET:
            return LogTarget(str(told["name"]), learner_of(cast(Mapping[str, Any], told["learner"])))
        if kind in LEARNERS:
            return learner_named(str(kind), **told)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise LearnError(f"a learner is written down wrongly: {error}", where="record") from error
    raise LearnError(f"there is no learner {kind!r} in this release", where="record",
                     remedy="repeat with the release that is named in the record")  # fmt: skip
