"""TableRows: adds an action to a table of the lake as one row."""

from datetime import date, datetime
from typing import Any

import orjson
import pyarrow as pa

from mainspring.automation.act import Act
from mainspring.errors import ActRefused, ActUnreachable, MainspringError
from mainspring.event import Event
from mainspring.steps.act.deliverer import Means

LARGEST = 1 << 63
PLAIN = (str, bool, int, float, datetime, date)


class TableRows:
    """The event's own attributes and each value of its data are columns; lists and mappings are kept as JSON text."""

    def __init__(self, means: Means) -> None:
        self._write = means.write

    def deliver(self, event: Event, act: Act) -> None:
        name = act.table or ""
        try:
            self._write(name, row_of(event), event.id)
        except MainspringError as error:
            kind = ActUnreachable if error.retry else ActRefused
            raise kind(
                f"the row was not written: {error.what}", where=f"table {name!r}", remedy=error.remedy
            ) from error


def row_of(event: Event) -> pa.Table:
    """The event as a table of one row: ``id source type time subject``, then its data in their order.

    What is missing in the data has no column here (a column of nothing but null has no type), so the table widens as
    values appear. A value named like an attribute gets ``data_`` before its name.
    """
    attributes = {
        "id": pa.array([event.id], pa.string()),
        "source": pa.array([event.source], pa.string()),
        "type": pa.array([event.type], pa.string()),
        "time": pa.array([event.time], pa.timestamp("us", tz="UTC")),
        "subject": pa.array([event.subject], pa.string()),
    }
    data = {name: _column(value) for name, value in event.data.items() if value is not None}
    return pa.table(
        attributes | {f"data_{name}" if name in attributes else name: column for name, column in data.items()}
    )


def _column(value: Any) -> pa.Array:
    if isinstance(value, bool) or not isinstance(value, int) or -LARGEST <= value < LARGEST:
        plain = value if isinstance(value, PLAIN) else _text(value)
    else:
        plain = str(value)
    return pa.array([plain])


def _text(value: Any) -> str:
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY).decode()
    except orjson.JSONEncodeError:
        return str(value)
