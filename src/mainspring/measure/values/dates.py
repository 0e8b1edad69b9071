"""Dates: points in time as people write them, brought to UTC without a zone."""

import re
from datetime import UTC, date, datetime, timedelta

LONGEST = 64
FIRST_YEAR, LAST_YEAR = 1000, 2999
"""Years outside say that the date is not known (year 1 and 9999 are the usual ones)."""

_CLOCK = (
    r"(?:[T ,]*(?P<hour>[0-9]{1,2})[:时](?P<minute>[0-9]{1,2})"
    r"(?:[:分](?:(?P<second>[0-9]{1,2})秒?)?(?:[.,](?P<part>[0-9]{1,9}))?)?"
    r" ?(?P<half>[AaPp]\.?[Mm]\.?)?)?\s*(?P<zone>Z|z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?"
)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?")
_YEAR_FIRST = re.compile(
    r"(?P<year>[0-9]{4})(?P<mark>[-/.年])(?P<month>[0-9]{1,2})(?:(?:(?P=mark)|月)(?P<day>[0-9]{1,2})日?|月)" + _CLOCK
)
_COMPACT = re.compile(
    r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2}))?"
)
_YEAR_LAST = re.compile(
    r"(?P<one>[0-9]{1,2})(?P<mark>[-/.])(?P<two>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4}|[0-9]{2})" + _CLOCK
)
_DAY_NAMED = re.compile(r"(?P<day>[0-9]{1,2})[- ](?P<name>[A-Za-z]{3,9})\.?[-, ]+(?P<year>[0-9]{4}|[0-9]{2})" + _CLOCK)
_NAME_FIRST = re.compile(
    r"(?P<name>[A-Za-z]{3,9})\.? (?P<day>[0-9]{1,2})(?:st|nd|rd|th)?,? (?P<year>[0-9]{4})" + _CLOCK
)
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: month for month, name in enumerate(_NAMES, 1)}


def read_date(text: str, day_first: bool = False) -> datetime | None:
    """The moment that a text says, naive and in UTC, or None when it says none or one outside the years 1000 to 2999.

    ``day_first`` decides what ``3/4/2024`` means; two-digit years are those from 1969 to 2068, as in POSIX.

    >>> read_date("2024年1月5日"), read_date("5.1.2024 14:30", day_first=True)
    (datetime.datetime(2024, 1, 5, 0, 0), datetime.datetime(2024, 1, 5, 14, 30))
    >>> read_date("2024-01-05T02:00:00+02:00"), read_date("2024-02-30")
    (datetime.datetime(2024, 1, 5, 0, 0), None)
    """
    text = text.strip()
    if not 6 <= len(text) <= LONGEST:
        return None
    try:
        if _ISO.fullmatch(text):
            return possible(datetime.fromisoformat(text))
        for pattern in (_YEAR_FIRST, _YEAR_LAST, _COMPACT, _DAY_NAMED, _NAME_FIRST):
            if match := pattern.fullmatch(text):
                return _moment(match.groupdict(), day_first)
    except (ValueError, OverflowError):
        return None
    return None


def possible(moment: datetime) -> datetime | None:
    """The moment in UTC without a zone, or None when its year says that it is not known."""
    if moment.tzinfo is not None:
        try:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        except OverflowError:
            return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


def from_day(day: date) -> datetime | None:
    return possible(datetime(day.year, day.month, day.day))


def from_epoch(number: float) -> datetime | None:
    """Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size."""
    size = abs(number)
    unit = 1 if size < 1e11 else 10**3 if size < 1e14 else 10**6 if size < 1e17 else 10**9
    try:
        return possible(datetime(1970, 1, 1) + timedelta(microseconds=int(number * 1_000_000) // unit))
    except (OverflowError, ValueError):
        return None


def order_evidence(text: str) -> int:
    """+1 when only day-first explains the text, -1 when only month-first does, else 0."""
    match = _YEAR_LAST.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if not match:
        return 0
    return (int(match["one"]) > 12) - (int(match["two"]) > 12)


def points_between(text: str) -> bool:
    """Whether a date is written with points (``5.1.2024``), which only peoples who write the day first do."""
    match = _YEAR_LAST.fullmatch(text.strip()) if len(text) <= LONGEST else None
    return bool(match) and match["mark"] == "."


def _moment(found: dict[str, str | None], day_first: bool) -> datetime | None:
    year = int(found["year"] or 0)
    if len(found["year"] or "") == 2:
        year += 2000 if year < 69 else 1900
    month, day = _month_and_day(found, day_first)
    fraction = (found.get("part") or "")[:6].ljust(6, "0")
    moment = datetime(
        year, month, day, _hour(found), int(found.get("minute") or 0), int(found.get("second") or 0), int(fraction)
    )
    return possible(moment - _offset(found.get("zone")))


def _month_and_day(found: dict[str, str | None], day_first: bool) -> tuple[int, int]:
    if "one" in found:
        one, two = int(found["one"] or 0), int(found["two"] or 0)
        return (two, one) if (day_first and two <= 12) or one > 12 else (one, two)
    name = found.get("name")
    return (_MONTHS.get(name[:3].lower(), 0) if name else int(found["month"] or 0)), int(found["day"] or 1)


def _hour(found: dict[str, str | None]) -> int:
    hour, half = int(found.get("hour") or 0), (found.get("half") or "")[:1].lower()
    if half and 1 <= hour <= 12:
        return hour % 12 + (12 if half == "p" else 0)
    return hour


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone[0] not in "+-":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    return timedelta(minutes=(hours * 60 + minutes) * (-1 if zone[0] == "-" else 1))
