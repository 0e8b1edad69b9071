"""Deprecation: an automation that goes on answering, and of which whoever asks it is told to ask another.

Said of it as it stands, without learning anything anew; who said so is among its changes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mainspring.backends.opening import Backends
from mainspring.errors import NotFound, SpecError
from mainspring.run.desk import known_automations

BY = "a person"
DEPRECATED, WITHDRAWN = "deprecated", "no longer deprecated"
_LINK = re.compile(r"https?://[!#-;=?-~]+")
"""Of what a URL is made (RFC 3986), all of which may stand in a header."""
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Deprecation:
    """From ``since`` on it should not be asked any more, from ``sunset`` on it may not answer any more; ``instead`` is the automation to
    ask, ``link`` a page that tells more. Times are UTC.
    """

    since: datetime
    sunset: datetime | None = None
    instead: str | None = None
    link: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As it is kept and shown: times as RFC 3339 writes them."""
        sunset = None if self.sunset is None else self.sunset.isoformat()
        return {"since": self.since.isoformat(), "sunset": sunset, "instead": self.instead, "link": self.link}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> "Deprecation":
        sunset = None if told["sunset"] is None else datetime.fromisoformat(told["sunset"])
        return cls(datetime.fromisoformat(told["since"]), sunset, told["instead"], told["link"])


class Deprecations:
    """Which automations are deprecated. Thread-safe."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    def all(self) -> dict[str, Deprecation]:
        """By name."""
        newest = self._backends.audit.newest((DEPRECATED, WITHDRAWN))
        return {
            name: Deprecation.from_dict(entry["facts"]) for name, entry in newest.items() if entry["what"] == DEPRECATED
        }

    def of(self, name: str) -> Deprecation | None:
        return self.all().get(name)

    def say(self, name: str, told: Mapping[str, str], by: str = BY) -> Deprecation:
        """From now on whoever asks is told. ``told`` may have ``since`` (now, where absent), ``sunset``, both dates or times as ISO 8601
        writes them, ``instead`` and ``link``; see :class:`Deprecation`. Said again, it is as was said last.

        Raises:
            NotFound: there is no such automation, or none that is to be asked instead. SpecError: naming what cannot be so.
        """
        self._must_be(name)
        since, sunset = _time("since", told), _time("sunset", told)
        made = Deprecation(
            since or datetime.now(UTC).replace(microsecond=0),
            sunset,
            told.get("instead") or None,
            told.get("link") or None,
        )
        if made.sunset is not None and made.sunset < made.since:
            raise SpecError("it would end before it is deprecated", where="sunset", remedy="give a later date")
        if made.instead is not None:
            self._must_be(made.instead)
        if made.instead == name:
            raise SpecError("it cannot stand in for itself", where="instead", remedy="name another automation")
        if made.link is not None and (not _LINK.fullmatch(made.link) or len(made.link) > LONGEST):
            raise SpecError("that is no address of a page", where="link", remedy="write https://…, without spaces")
        self._backends.audit.record(name, DEPRECATED, by=by, facts=made.to_dict())
        return made

    def withdraw(self, name: str, by: str = BY) -> None:
        """It is not deprecated any more.

        Raises:
            NotFound: there is no such automation, or it is not deprecated.
        """
        self._must_be(name)
        known = self.all()
        if name not in known:
            raise NotFound("deprecated automation", name, known)
        self._backends.audit.record(name, WITHDRAWN, by=by)

    def _must_be(self, name: str) -> None:
        known = known_automations(self._backends)
        if name not in known:
            raise NotFound("automation", name, known)


def _time(which: str, told: Mapping[str, str]) -> datetime | None:
    if not told.get(which):
        return None
    try:
        at = datetime.fromisoformat(told[which])
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        raise SpecError("that is no date", where=which, remedy="write 2027-06-01, or 2027-06-01T12:00+02:00") from None
