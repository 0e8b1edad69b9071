"""Table: the rows of a table with the windows' columns, as they would have been had each come at its own time."""

from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa

from mainspring.automation import Automation
from mainspring.errors import QualityError
from mainspring.steps.prepare.clean import CleaningPlan
from mainspring.steps.prepare.expect import Expectations
from mainspring.steps.prepare.windows.whole import windows_of
from mainspring.steps.prepare.windows.windowing import windowing_of


def look_back(automation: Automation, rows: pa.Table, reading: CleaningPlan) -> tuple[pa.Table, CleaningPlan]:
    """Raw rows and how they are read, both with the windows' columns where there are windows.

    What is going to quarantine counts for nothing, as in a stream.

    Raises:
        QualityError: a column is not read as a window needs it, or is called as a window's.
    """
    windowing = windowing_of(automation, reading)
    if windowing is None:
        return rows, reading
    if there := sorted(set(windowing.names) & set(rows.column_names)):
        raise QualityError(
            f"the source has a column {there[0]!r}, and so is a window's called", where="prepare.windows",
            remedy="call the window differently",
        )  # fmt: skip
    kept = Expectations(automation.prepare).judge(reading.apply(rows)).kept
    cleaned = reading.only(windowing.needs).apply(rows)
    made = windows_of(cleaned, windowing, kept, datetime.now(UTC).replace(tzinfo=None))
    for name in made.column_names:
        rows = rows.append_column(name, made.column(name))
    return rows, replace(reading, columns=(*reading.columns, *windowing.columns))
