"""Cron: times of the calendar, as crontabs write them; in UTC."""

from datetime import UTC, datetime

from croniter import CroniterError, croniter

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
