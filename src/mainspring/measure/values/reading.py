"""Reading: how the values of one column are read, one by one or a column at once, always to the same result."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from numbers import Real
from typing import Any, Literal

import pyarrow as pa

from mainspring.measure.multilabel.labels import read_labels, write_labels
from mainspring.measure.spans.span import read_spans, write_spans
from mainspring.measure.values import arrays
from mainspring.measure.values.dates import from_day, from_epoch, possible, read_date
from mainspring.measure.values.marks import ALL, is_mark
from mainspring.measure.values.numerals import finite, read_number
from mainspring.measure.values.words import LARGE, encodable, is_null, plain_text, truth

ReadingKind = Literal[
    "number", "whole", "boolean", "date", "category", "text", "verbatim", "spans", "labels", "id", "nested", "empty"
]
Read = Callable[[Any], Any]

TYPES: dict[ReadingKind, pa.DataType] = {
    "number": pa.float64(),
    "whole": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.timestamp("us"),
}
EXACT = 2.0**53


@dataclass(frozen=True, slots=True)
class Reading:
    """How one column is read. A value that cannot be read so is missing.

    ``marks`` are the words (small letters) that mean *missing* here; in columns of numbers, dates and truth values
    every known mark does besides. ``sentinels`` are the numbers that do. With ``comma`` the decimal sign is a comma;
    ``epoch`` reads numbers as time since 1970; the ``separator`` stands between labels of one text. Reading what was read changes nothing.
    """

    kind: ReadingKind
    marks: tuple[str, ...] = ()
    sentinels: tuple[float, ...] = ()
    comma: bool = False
    day_first: bool = False
    epoch: bool = False
    separator: str = ""

    @property
    def type(self) -> pa.DataType:
        return TYPES.get(self.kind, pa.string())

    def one(self) -> Read:
        """The function that reads one value: float, int, bool, naive UTC datetime or str, or None for missing."""
        match self.kind:
            case "number":
                return _number(self)
            case "whole":
                return _whole(_number(self))
            case "boolean":
                return _boolean(self)
            case "date":
                return _date(self)
            case "verbatim":
                return _verbatim
            case "spans":
                return _spans
            case "labels":
                return _labels(self)
            case _:
                return _word(self)

    def many(self, column: pa.Array | pa.ChunkedArray) -> pa.Array:
        """The column read, of :attr:`type`; null for missing. Equal to :meth:`one` of each value."""
        array = arrays.one_chunk(column)
        if self.kind == "number" and arrays.is_numeric(array.type):
            return arrays.numbers(array, self.sentinels)
        if self.kind == "boolean" and pa.types.is_boolean(array.type):
            return array
        if self.kind == "date" and pa.types.is_timestamp(array.type):
            return arrays.moments(array)
        quick = partial(arrays.plain_numerals, self.sentinels) if self.kind == "number" and not self.comma else None
        return arrays.by_distinct(array, self.one(), self.type, quick)


def reading_to_plain(reading: Reading) -> dict[str, Any]:
    """The fields of a reading, for JSON; without a separator where there is none, as before there were any."""
    plain = asdict(reading)
    return plain if reading.separator else {name: value for name, value in plain.items() if name != "separator"}


def reading_from(plain: Mapping[str, Any]) -> Reading:
    """The reading whose fields were written to JSON."""
    return Reading(**{**plain, "marks": tuple(plain["marks"]), "sentinels": tuple(plain["sentinels"])})


def _number(reading: Reading) -> Read:
    sentinels, comma = frozenset(reading.sentinels), reading.comma

    def read(value: Any) -> float | None:
        kind = value.__class__
        if kind is not float:
            if value is None:
                return None
            if kind is int and -LARGE < value < LARGE:  # the same, without asking whether it is a Real
                value = float(value)
            else:
                value = read_number(value, comma) if kind is str else _as_float(value)
                if value is None:
                    return None
        if value - value != 0.0:  # NaN and the infinities are the only floats for which this holds
            return None
        return None if value in sentinels else value

    return read


def _as_float(value: Any) -> float | None:
    try:
        if isinstance(value, (Real, Decimal)):
            return finite(float(value))
    except (OverflowError, ValueError):
        return None
    if isinstance(value, timedelta) and not is_null(value):
        return value.total_seconds()
    if isinstance(value, time):
        return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
    return None


def _whole(read_number: Read) -> Read:
    def read(value: Any) -> int | None:
        number = read_number(value)
        return int(number) if number is not None and number.is_integer() and abs(number) <= EXACT else None

    return read


def _boolean(reading: Reading) -> Read:
    marks = frozenset(reading.marks)

    def read(value: Any) -> bool | None:
        if value is None or value is True or value is False:
            return value
        return None if isinstance(value, str) and value.strip().lower() in marks else truth(value)

    return read


def _date(reading: Reading) -> Read:
    marks, day_first, epoch = ALL.union(reading.marks), reading.day_first, reading.epoch

    def read(value: Any) -> datetime | None:
        if is_null(value):
            return None
        if isinstance(value, datetime):
            return possible(_to_microseconds(value))
        if isinstance(value, date):
            return from_day(value)
        number = _number_of_epoch(value) if epoch else None
        if number is not None:
            return from_epoch(number)
        word = plain_text(value) or ""
        return None if is_mark(word, marks) else read_date(word, day_first)

    return read


def _to_microseconds(moment: datetime) -> datetime:
    """A plain datetime, where pandas' subclass carries nanoseconds."""
    if moment.__class__ is datetime:
        return moment
    clock = (moment.hour, moment.minute, moment.second, moment.microsecond)
    return datetime(moment.year, moment.month, moment.day, *clock, tzinfo=moment.tzinfo)


def _number_of_epoch(value: Any) -> float | int | None:
    if isinstance(value, str):
        return read_number(value)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e20 else None


def _verbatim(value: Any) -> str | None:
    """A text letter for letter: blanks count, for spans of it are told by their places, and no word means missing."""
    if value.__class__ is str:
        return encodable(value)
    return plain_text(value)


def _spans(value: Any) -> str | None:
    spans = None if is_null(value) else read_spans(value)
    return None if spans is None else write_spans(spans)


def _labels(reading: Reading) -> Read:
    marks = frozenset(reading.marks)

    def read(value: Any) -> str | None:
        unknown = is_null(value) or (isinstance(value, str) and value.strip().lower() in marks)
        labels = None if unknown else read_labels(value, reading.separator)
        return None if labels is None else write_labels(labels)

    return read


def _word(reading: Reading) -> Read:
    marks = frozenset(reading.marks)

    def read(value: Any) -> str | None:
        word = plain_text(value)
        return None if word is None or is_mark(word, marks) else word

    return read
