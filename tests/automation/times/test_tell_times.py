"""How often, as people write it: so many seconds, or times of the calendar."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.automation.source import Source
from mainspring.automation.times.cron import cron, next_time
from mainspring.steps.source.announced.notices import until_next

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FOLDER = {"table": "inbox"}


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("0 6 * * *", 18 * 3600), ("*/5 * * * *", 300), ("30 12 * * sun", 1800), ("15 0 12 * * *", 15), ("0  18 * * *", 6 * 3600)],
)  # fmt: skip
def test_times_of_the_calendar(written: str, seconds: int) -> None:
    every = Source.model_validate({**FOLDER, "every": written}).every
    assert isinstance(every, str)
    assert next_time(every, NOON) == NOON + timedelta(seconds=seconds)
    assert until_next(every, NOON) == seconds


def test_so_many_seconds() -> None:
    assert until_next(Source.model_validate({**FOLDER, "every": "2m"}).every or "") == 120
    assert Source.model_validate({**FOLDER, "every": 5}).every == 5


@pytest.mark.parametrize(
    "written", ["61 * * * *", "0 0 31 2 *", "* * * *", "a b c d e", "0 6 * * * * *", "１ 6 * * *", "0 6 * * *; rm"]
)
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="no times of the calendar"):
        Source.model_validate({**FOLDER, "every": written})


def test_what_is_neither_is_refused() -> None:
    with pytest.raises(ValueError, match="write a time like 60s"):
        Source.model_validate({**FOLDER, "every": "daily"})


@given(st.text(max_size=40))
def test_any_text_is_told_apart(written: str) -> None:
    if cron(written):
        assert next_time(written, NOON) > NOON


@given(st.integers(0, 59), st.integers(0, 23), st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)))
def test_the_next_time_is_the_first_that_fits(minute: int, hour: int, moment: datetime) -> None:
    after = moment.replace(tzinfo=UTC)
    found = next_time(f"{minute} {hour} * * *", after)
    assert (found.minute, found.hour, found.second) == (minute, hour, 0)
    assert timedelta(0) < found - after <= timedelta(days=1)
