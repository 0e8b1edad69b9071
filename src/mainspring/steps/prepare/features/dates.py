"""Dates: the parts of a moment that people live by, and how long ago it was; NaN when missing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.measure.values.reading import Read
from mainspring.steps.prepare.features.feature import NAN, number_field

PARTS = ("year", "month", "day", "weekday", "weekend", "hour", "days")
"""Weekdays from Monday = 0; *days* (with their fraction) since the earliest moment of the training rows."""

_EPOCH = datetime(1970, 1, 1)
_HOUR = 3_600_000_000
_DAY = 24 * _HOUR


@dataclass(frozen=True, slots=True)
class Dates:
    """``parts`` are those that varied in training; ``reference`` is in microseconds since 1970."""

    column: str
    names: tuple[str, ...]
    parts: tuple[str, ...]
    reference: int

    @classmethod
    def fit(cls, column: str, values: pa.Array) -> Self:
        reference = pc.min(values.cast(pa.int64())).as_py()
        columns = zip(PARTS, cls(column, PARTS, PARTS, reference).many(values.drop_null()), strict=True)
        parts = tuple(part for part, array in columns if part == "days" or len(pc.unique(array)) > 1)
        return cls(column, tuple(f"{column} ({part})" for part in parts), parts, reference)

    def outputs(self) -> list[pa.Field]:
        return [number_field(name, self.column) for name in self.names]

    def many(self, values: pa.Array) -> list[pa.Array]:
        missing = values.is_null().to_numpy(zero_copy_only=False)
        ticks = values.cast(pa.int64()).fill_null(0).to_numpy()
        parts = _parts(ticks, self.reference)
        return [pa.array(np.where(missing, NAN, parts[part].astype(np.float64))) for part in self.parts]

    def one(self, read: Read) -> Callable[[Any], Any]:
        missing = (NAN,) * len(self.parts)
        takes = tuple(_TAKE[part] for part in self.parts)
        reference = self.reference
        single = len(takes) == 1

        def encode(value: Any) -> Any:
            moment = read(value)
            if moment is None:
                return NAN if single else missing
            found = tuple(take(moment, reference) for take in takes)
            return found[0] if single else found

        return encode


def _parts(ticks: np.ndarray, reference: int) -> dict[str, np.ndarray]:
    days = ticks // _DAY
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    weekday = (days + 3) % 7
    return {
        "year": dates.astype("datetime64[Y]").astype(np.int64) + 1970,
        "month": months.astype(np.int64) % 12 + 1,
        "day": (dates - months).astype(np.int64) + 1,
        "weekday": weekday,
        "weekend": weekday >= 5,
        "hour": ticks % _DAY // _HOUR,
        "days": (ticks - reference).astype(np.float64) / _DAY,
    }


def _days(moment: datetime, reference: int) -> float:
    gone = moment - _EPOCH
    ticks = gone.days * _DAY + gone.seconds * 1_000_000 + gone.microseconds
    # Two roundings, as numpy makes them: Python's own division of whole numbers makes one.
    return float(ticks - reference) / _DAY


_TAKE: dict[str, Callable[[datetime, int], float]] = {
    "year": lambda moment, _: float(moment.year),
    "month": lambda moment, _: float(moment.month),
    "day": lambda moment, _: float(moment.day),
    "weekday": lambda moment, _: float(moment.weekday()),
    "weekend": lambda moment, _: float(moment.weekday() >= 5),
    "hour": lambda moment, _: float(moment.hour),
    "days": _days,
}
