"""Deprecation: an automation that goes on answering, and of which whoever asks it is told to ask another; or one field of its records,
which goes on being read, and of which whoever sends it is told.

Said of it as it stands, without learning anything anew; who said so is among its changes.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mainspring.backends.opening import Backends
from mainspring.errors import NotFound, SpecError
from mainspring.run.desk import known_automations

BY = "a person"
DEPRECATED, WITHDRAWN = "deprecated", "no longer deprecated"
FIELD_DEPRECATED, FIELD_WITHDRAWN = "deprecated a field", "a field is no longer deprecated"
_LINK = re.compile(r"https?://[!#-;=?-~]+")
"""Of what a URL is made (RFC 3986), all of which may stand in a header."""
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Deprecation:
    """From ``since`` on it should not be asked (a field: sent) any more, from ``sunset`` on it may not be answered (read) any more;
    ``instead`` is the automation to ask (the field to send), ``link`` a page that tells more. Times are UTC.
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
    """Which automations, and which fields of their records, are deprecated. Thread-safe."""

    def __init__(self, backends: Backends, known: Callable[[str], Collection[str]]) -> None:
        """``known`` are the fields of an automation."""
        self._backends, self._known = backends, known

    def all(self) -> dict[str, Deprecation]:
        """By name."""
        said = {entry["automation"]: entry for entry in self._backends.audit.saying((DEPRECATED, WITHDRAWN))}
        return {name: Deprecation.from_dict(one["facts"]) for name, one in said.items() if one["what"] == DEPRECATED}

    def fields(self) -> dict[str, dict[str, Deprecation]]:
        """Automation → field → deprecation, of those that have any."""
        found: dict[str, dict[str, Deprecation]] = {}
        for entry in self._backends.audit.saying((FIELD_DEPRECATED, FIELD_WITHDRAWN)):
            of, field = found.setdefault(entry["automation"], {}), entry["facts"]["field"]
            of.pop(field, None)
            if entry["what"] == FIELD_DEPRECATED:
                of[field] = Deprecation.from_dict(entry["facts"])
        return {name: of for name, of in found.items() if of}

    def fields_of(self, name: str) -> dict[str, Deprecation]:
        """Field → deprecation."""
        return self.fields().get(name, {})

    def of(self, name: str) -> Deprecation | None:
        return self.all().get(name)

    def say(self, name: str, told: Mapping[str, str], by: str = BY) -> Deprecation:
        """From now on whoever asks is told. ``told`` may have ``since`` (now, where absent), ``sunset``, both dates or times as ISO 8601
        writes them, ``instead`` and ``link``; see :class:`Deprecation`. Said again, it is as was said last.

        Raises:
            NotFound: there is no such automation, or none that is to be asked instead. SpecError: naming what cannot be so.
        """
        self._must_be(name)
        made = _read(told)
        if made.instead is not None:
            self._must_be(made.instead)
        if made.instead == name:
            raise SpecError("it cannot stand in for itself", where="instead", remedy="name another automation")
        self._backends.audit.record(name, DEPRECATED, by=by, facts=made.to_dict())
        return made

    def say_of_field(self, name: str, field: str, told: Mapping[str, str], by: str = BY) -> Deprecation:
        """From now on whoever sends the field is told. ``told`` is as in :meth:`say`; ``instead`` is another field.

        Raises:
            NotFound: there is no such automation, field, or field that is to be sent instead. SpecError: naming what cannot be so.
        """
        self._must_be(name)
        made = _read(told)
        for one in (field, *([made.instead] if made.instead is not None else [])):
            if one not in (known := self._known(name)):
                raise NotFound(f"field of {name}", one, known)
        if made.instead == field:
            raise SpecError("it cannot stand in for itself", where="instead", remedy="name another field")
        why = (
            f"the field {field}" if made.instead is None else f"the field {field}; {made.instead} is to be sent instead"
        )
        self._backends.audit.record(name, FIELD_DEPRECATED, by=by, facts={**made.to_dict(), "field": field, "why": why})
        return made

    def withdraw_of_field(self, name: str, field: str, by: str = BY) -> None:
        """The field is not deprecated any more.

        Raises:
            NotFound: there is no such automation, or no such field of it is deprecated.
        """
        self._must_be(name)
        if field not in (known := self.fields_of(name)):
            raise NotFound(f"deprecated field of {name}", field, known)
        self._backends.audit.record(name, FIELD_WITHDRAWN, by=by, facts={"field": field, "why": f"the field {field}"})

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


def _read(told: Mapping[str, str]) -> Deprecation:
    since, sunset = _time("since", told), _time("sunset", told)
    made = Deprecation(
        since or datetime.now(UTC).replace(microsecond=0), sunset, told.get("instead") or None, told.get("link") or None
    )
    if made.sunset is not None and made.sunset < made.since:
        raise SpecError("it would end before it is deprecated", where="sunset", remedy="give a later date")
    if made.link is not None and (not _LINK.fullmatch(made.link) or len(made.link) > LONGEST):
        raise SpecError("that is no address of a page", where="link", remedy="write https://…, without spaces")
    return made


def _time(which: str, told: Mapping[str, str]) -> datetime | None:
    if not told.get(which):
        return None
    try:
        at = datetime.fromisoformat(told[which])
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        raise SpecError("that is no date", where=which, remedy="write 2027-06-01, or 2027-06-01T12:00+02:00") from None
