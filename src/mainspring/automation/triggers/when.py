"""When: the condition under which an automation is learned anew, and the moments that it can speak of.

``drift or feedback >= 500``, ``cron('0 3 * * 1') and rows >= 1000``, ``event('prices.changed')``. What is written like a call is a moment:
true once, when it has come since the last time that the condition was asked.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator

from mainspring.automation.condition import Condition
from mainspring.automation.part import wrong
from mainspring.automation.times.cron import cron, next_time
from mainspring.automation.units import seconds
from mainspring.errors import MainspringError, SpecError, nearest
from mainspring.event import addressed, topic_address

FACTS: Mapping[str, str] = {
    "drift": "an alert of drift stands", "performance": "an alert of performance stands", "quality": "an alert of data quality stands",
    "service": "an alert of latency or errors stands", "alert": "any alert stands", "critical": "a critical alert stands",
    "feedback": "how many outcomes that count came since the last learning", "decisions": "how many decisions were made since then",
    "rows": "how many rows the source has beyond those of then", "days": "how many days ago that was",
}  # fmt: skip
"""What a condition can speak of."""
TRUTHS = frozenset({"drift", "performance", "quality", "service", "alert", "critical"})
_MOMENT = re.compile(r"\b(cron|event|every)\s*\(\s*(?:'([^']*)'|\"([^\"]*)\")\s*\)")
_CALL = re.compile(r"\b(cron|event|every)\s*\(")

Kind = Literal["cron", "event", "every"]


@dataclass(frozen=True, slots=True)
class Moment:
    """``cron`` by the clock in UTC (five fields), ``event`` on a topic, ``every`` so long since the last learning."""

    kind: Kind
    told: str

    def passed(self, since: datetime, now: datetime) -> bool:
        """Of a ``cron``: whether one of its times lies after ``since`` and not after ``now``."""
        return next_time(self.told, since) <= now


class When:
    """A condition, read once.

    Raises:
        SpecError: it is not a condition, or speaks of what is not known. BadRecord, DecideError: it compares what cannot be compared, or
            says neither true nor false.
    """

    def __init__(self, text: str) -> None:
        self.moments: dict[str, Moment] = {}
        plain = _MOMENT.sub(self._named, text)
        if _CALL.search(plain):
            raise SpecError(
                "a moment is written with one text in quotes",
                remedy="write cron('0 3 * * *'), event('topic') or every('7d')",
            )
        self._condition = Condition(plain)
        for name in sorted(self._condition.names - set(self.moments)):
            if name not in FACTS:
                guess = nearest(name, FACTS)
                known = ", ".join([*FACTS, "cron('…')", "event('…')", "every('…')"])
                raise SpecError(
                    f"{name!r} is nothing that tells when to learn anew",
                    remedy=f"did you mean {guess!r}?" if guess else f"there are {known}",
                )
        # Asked now of a quiet and of a wild world, so that what compares a text with a number is refused now and not at night.
        for number, truth in ((0, False), (10**9, True)):
            self.holds(dict.fromkeys(FACTS, number) | dict.fromkeys(TRUTHS, truth), lambda _, came=truth: came)

    @property
    def facts(self) -> frozenset[str]:
        """Those of :data:`FACTS` that it speaks of."""
        return frozenset(self._condition.names) & set(FACTS)

    def holds(self, facts: Mapping[str, Any], came: Callable[[Moment], bool]) -> bool:
        """Whether it is true of these facts; ``came`` says whether a moment has."""
        return self._condition.holds({**facts, **{name: came(moment) for name, moment in self.moments.items()}})

    def _named(self, match: re.Match[str]) -> str:
        moment = _moment(cast(Kind, match[1]), match[2] if match[2] is not None else match[3])
        name = f"moment_{len(self.moments)}"
        self.moments[name] = moment
        return name


def _moment(kind: Kind, told: str) -> Moment:
    if kind == "cron" and not (len(told.split()) == 5 and cron(told)):
        raise SpecError(
            f"{told!r} is no time of cron", remedy="write minute, hour, day, month and weekday: cron('30 3 * * 1')"
        )
    try:
        if kind == "event":
            topic_address(addressed(told))
        elif kind == "every":
            seconds(told)
    except ValueError as error:
        raise SpecError(
            str(error), remedy=f"for instance {kind}('{'prices.changed' if kind == 'event' else '7d'}')"
        ) from error
    return Moment(kind, told)


def _when(text: str) -> str:
    try:
        When(text)
    except MainspringError as error:
        raise wrong(error.what, error.remedy) from None
    return text


WhenText = Annotated[str, AfterValidator(_when)]
