"""Units people write: ``60s``, ``2ms``, ``30 days``, ``500MB``, ``2%``, ``200 per day``."""

import re
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
WORDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0, "week": 7 * 86400.0}
BYTES = {"B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KIB": 1024, "MIB": 1024**2, "GIB": 1024**3}
PERIODS = {"minute": 60, "hour": 3600, "day": 86400, "week": 7 * 86400}

_NUMBER = r"\s*([0-9]+(?:\.[0-9]+)?)\s*"


def seconds(value: Any) -> float:
    """``"2ms"`` → 0.002. A bare number is seconds."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _positive(float(value))
    match = re.fullmatch(_NUMBER + r"(us|µs|ms|s|m|min|h|d|(second|minute|hour|day|week)s?)", str(value).strip())
    if not match:
        raise ValueError("write a time like 60s, 2ms, 5m, 1h or 30 days")
    return _positive(float(match[1]) * (WORDS[match[3]] if match[3] else SECONDS[match[2].replace("µ", "u")]))


def share(value: Any) -> float:
    """``"2%"`` → 0.02. A bare number is a share of one."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
    elif match := re.fullmatch(_NUMBER + "%\\s*", str(value)):
        number = float(match[1]) / 100
    else:
        raise ValueError("write a share like 2%, or 0.02")
    if not 0 < number <= 1:
        raise ValueError("must be more than 0% and at most 100%")
    return number


def size(value: Any) -> int:
    """``"500MB"`` → 500_000_000. A bare number is bytes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return int(_positive(value))
    match = re.fullmatch(_NUMBER + r"([KMG]?i?B)", str(value), re.IGNORECASE)
    if not match:
        raise ValueError("write a size like 500MB or 2GB")
    return int(_positive(float(match[1]) * BYTES[match[2].upper()]))


def outcomes(value: Any) -> int:
    """``"200 outcomes"`` → 200. A bare number is as good."""
    match = re.fullmatch(r"\s*(\d+)(?:\s+outcomes?)?\s*", str(value))
    if isinstance(value, bool) or not match:
        raise ValueError("write a number like 200 outcomes")
    return int(_positive(int(match[1])))


def decisions(value: Any) -> int:
    """``"50000 decisions"`` → 50000. A bare number is as good."""
    match = re.fullmatch(r"\s*(\d+)(?:\s+decisions?)?\s*", str(value))
    if isinstance(value, bool) or not match:
        raise ValueError("write a number like 50000 decisions")
    return int(_positive(int(match[1])))


class Rate(NamedTuple):
    """``count`` per ``period`` seconds; periods are aligned to the clock in UTC. ``of`` so many rows a period, where that is known."""

    count: int  # pyright: ignore[reportIncompatibleMethodOverride] - nobody counts the fields of a rate
    period: int
    of: int | None = None


def rate(value: Any) -> Rate:
    """``"200 per day"`` → Rate(200, 86400); ``"200 of 1000 per day"`` → Rate(200, 86400, 1000)."""
    if isinstance(value, Rate):
        return value
    match = re.fullmatch(r"\s*(\d+)(?:\s+of\s+(\d+))?\s*(?:per|/)\s*(minute|hour|day|week)\s*", str(value))
    if not match:
        raise ValueError("write a capacity like 200 per day (minute, hour, day or week)")
    of = None if match[2] is None else int(match[2])
    if of is not None and of < int(match[1]):
        raise ValueError(f"a capacity of {match[1]} is more than the {of} rows of a period")
    return Rate(int(match[1]), PERIODS[match[3]], of)


def _positive(number: float) -> float:
    if number <= 0:
        raise ValueError("must be more than zero")
    return number


def _rate_text(value: Rate) -> str:
    of = "" if value.of is None else f" of {value.of}"
    return f"{value.count}{of} per {next(name for name, length in PERIODS.items() if length == value.period)}"


Seconds = Annotated[
    float, BeforeValidator(seconds), WithJsonSchema({"type": ["string", "number"], "examples": ["60s", "2ms"]})
]
Share = Annotated[
    float, BeforeValidator(share), WithJsonSchema({"type": ["string", "number"], "examples": ["2%", "0.02"]})
]
Outcomes = Annotated[
    int, BeforeValidator(outcomes), WithJsonSchema({"type": ["string", "integer"], "examples": ["200 outcomes"]})
]
Decisions = Annotated[
    int, BeforeValidator(decisions), WithJsonSchema({"type": ["string", "integer"], "examples": ["50000 decisions"]})
]
Bytes = Annotated[int, BeforeValidator(size), WithJsonSchema({"type": ["string", "integer"], "examples": ["500MB"]})]
Capacity = Annotated[
    Rate,
    BeforeValidator(rate),
    PlainSerializer(_rate_text),
    WithJsonSchema({"type": "string", "examples": ["200 per day", "200 of 1000 per day"]}),
]
