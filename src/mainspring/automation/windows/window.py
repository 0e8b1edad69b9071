"""Window: which earlier rows of a key count, and what is told of them."""

from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mainspring.automation.part import Part, wrong
from mainspring.automation.units import Seconds

LONGEST = 3653 * 86400
"""Ten years, in seconds."""
Columns = Annotated[list[str], Field(default_factory=list[str])]
Level = Annotated[float, Field(gt=0, lt=1)]
Often = Annotated[int, Field(ge=1, le=10)]


class Window(Part):
    """Earlier rows of the same key, by their own time: never the row itself, nor any of the same moment or later."""

    kind: Literal["sliding", "tumbling", "session"] = "sliding"
    """``sliding``: the time ``over`` before the row. ``tumbling``: since the clock (UTC) last struck a multiple of ``over``.
    ``session``: since the last pause longer than ``gap``, at most the time ``over``."""
    by: str | None = None
    """The column that tells whose rows count. Default: ``source.key``."""
    over: Seconds
    """How far back it reaches."""
    gap: Seconds | None = None
    """Of sessions: a longer pause ends one."""
    count: bool = False
    """How many rows."""
    since_last: bool = False
    """Seconds since the newest of them."""
    sum: Columns
    """Sums of these columns of numbers, exact and rounded once; 0 of none."""
    mean: Columns
    """Their means."""
    min: Columns
    """The least of each."""
    max: Columns
    """The greatest of each."""
    quantiles: dict[str, Annotated[list[Level], Field(min_length=1)]] = Field(default_factory=dict)
    """Column → shares: the least value that so many of the values do not exceed (0.5 is the lower median)."""
    distinct: Columns
    """How many different values each of these columns has."""
    top: dict[str, Often] = Field(default_factory=dict)
    """Column of words → how many of the commonest to name; of equally common ones the first in the order of their characters."""

    @model_validator(mode="after")
    def _can_be_made(self) -> Self:
        if self.kind == "session" and self.gap is None:
            raise wrong("a session needs a 'gap'", "write gap: 30m, the pause that ends it")
        if self.kind != "session" and self.gap is not None:
            raise wrong("only sessions have a 'gap'", "take it off, or write kind: session")
        if self.gap is not None and self.gap > self.over:
            raise wrong("'gap' is longer than 'over'", "let 'over' be the longest session")
        if not 1e-6 <= self.over <= LONGEST:
            raise wrong("a window reaches from a microsecond to ten years", "write over: 30 days")
        if not made_by("", self):
            raise wrong(
                "nothing is told of the rows",
                "add count: true, or sum, mean, min, max, quantiles, distinct, top, since_last",
            )
        return self


class Late(Part):
    """What is done with rows that come late. The watermark of a key is the newest time seen of it, less ``allow``."""

    allow: Seconds = 3600.0
    """A row so much older than the newest of its key still counts, for every row that is decided after it came."""
    then: Literal["refuse", "ignore"] = "refuse"
    """An older one is refused with the reason (an event goes to the dead letters), or decided without windows and never counted."""
    ahead: Seconds = 86400.0
    """A row that claims to be from so far in the future is treated in the same way: it would make all others late."""


@dataclass(frozen=True, slots=True)
class Made:
    """A column that a window makes.

    ``kind`` is as in :class:`Window`; ``level`` is the share of a quantile, or the place among the commonest.
    """

    name: str
    kind: Literal["count", "since_last", "sum", "mean", "min", "max", "quantiles", "distinct", "top"]
    of: str = ""
    level: float = 0.0


def made_by(name: str, window: Window) -> list[Made]:
    """The columns of a window, in their order."""
    made: list[Made] = []
    if window.count:
        made.append(Made(name=f"{name}_count", kind="count"))
    if window.since_last:
        made.append(Made(name=f"{name}_since_last", kind="since_last"))
    for kind in ("sum", "mean", "min", "max", "distinct"):
        made += [Made(name=f"{name}_{kind}_{of}", kind=kind, of=of) for of in getattr(window, kind)]
    for of, levels in window.quantiles.items():
        made += [Made(name=f"{name}_p{_percent(level)}_{of}", kind="quantiles", of=of, level=level) for level in levels]
    for of, often in window.top.items():
        places = ["", *map(str, range(2, often + 1))]
        made += [Made(name=f"{name}_top{told}_{of}", kind="top", of=of, level=i) for i, told in enumerate(places)]
    return made


def _percent(level: float) -> str:
    """``0.95`` → ``95``, ``0.999`` → ``99_9``: conditions know no points in names."""
    return f"{level * 100:.10g}".replace(".", "_")
