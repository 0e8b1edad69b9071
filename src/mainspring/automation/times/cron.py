"""Cron: times of the calendar, as crontabs write them, in UTC; and how often something is done: by them, or every so many seconds."""

from datetime import UTC, datetime
from typing import Annotated, Any

from croniter import CroniterError, croniter
from pydantic import BeforeValidator, WithJsonSchema

from mainspring.automation.units import seconds

EXAMPLE = '"0 6 * * *"'


def cron(text: str) -> bool:
    """Whether it is an expression of five fields (or six, seconds first) with a time to come."""
    if not text.isascii() or len(text.split()) not in (5, 6):
        return False
    try:
        next_time(text, datetime.now(UTC))
    except (CroniterError, ValueError, OverflowError):
        return False
    return True


def next_time(text: str, after: datetime) -> datetime:
    """The first time after ``after``."""
    return croniter(text, after, second_at_beginning=True).get_next(datetime)


def pace(value: Any) -> float | str:
    """``"60s"`` → 60.0; ``"0 6 * * *"`` stays what it is."""
    if isinstance(value, str) and len(value.split()) > 2:
        if not cron(value):
            raise ValueError(f"these are no times of the calendar: five fields like {EXAMPLE}, in UTC")
        return " ".join(value.split())
    return seconds(value)


Pace = Annotated[
    float | str, BeforeValidator(pace), WithJsonSchema({"type": ["string", "number"], "examples": ["60s", "0 6 * * *"]})
]
