"""Every error of Mainspring. Each says what happened, where, and what to do next.

    MainspringError
    ├── SpecError            the declaration is wrong              (yours)
    ├── SourceError          the data cannot be collected
    │   └── SchemaChanged    … because its columns changed unsafely
    ├── QualityError         the data is there but cannot serve    (yours)
    │   └── UnknownColumn
    ├── LearnError           no model could be learned
    │   ├── LimitTooTight    … within the declared limits          (yours)
    │   └── NotInTime        … in the time: retry with more
    ├── DecideError          a record cannot be decided
    │   └── BadRecord        … because its fields are wrong        (yours)
    ├── ActError             an action was not delivered
    │   ├── ActRefused       the receiver said no: do not retry
    │   └── ActUnreachable   the receiver did not answer: retry
    ├── StoreError           the lake or the database failed
    │   ├── NotFound         nothing by that name                  (yours)
    │   ├── NothingBefore    there is nothing to go back to        (yours)
    │   ├── Tampered         content does not match its hash
    │   ├── Busy             another process is at it: retry
    │   └── NoSpace          the disk is full: retry when there is room
    ├── BusError             the bus does not answer: retry
    ├── BadEvent             an event is not what events are       (yours)
    ├── Cancelled            someone cancelled the run             (yours)
    ├── ExportError          a model cannot be written in that form (yours)
    ├── ServeError           the gateway cannot listen             (yours)
    └── MissingExtra         a library to be installed             (yours)

``fault`` is ``"user"`` or ``"ours"`` (the command line exits 2 or 1); ``retry`` says whether trying the same
again can help, and only ``run/`` reads it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal


class MainspringError(Exception):
    """What happened (``what``), where (file and line, table and column, step), and what to do (``remedy``)."""

    fault: Literal["user", "ours"] = "ours"
    retry: bool = False

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f"\n  → {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{advice}"

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        # Exceptions cross process boundaries in the engine; the default rebuilds only positional arguments.
        return _rebuild, (type(self), self.__dict__.copy(), self.args)


def _rebuild(kind: type[MainspringError], state: dict[str, object], args: tuple[object, ...]) -> MainspringError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like ``word``, or None when nothing is near."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a declaration: at ``line`` (1-based, None when unknown), under ``path`` (``learn.target``)."""

    path: str
    what: str
    line: int | None = None
    remedy: str = ""

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        advice = f" → {self.remedy}" if self.remedy else ""
        return f"{place}{self.path}: {self.what}{advice}"


class SpecError(MainspringError):
    """The declaration is wrong. ``problems`` holds all mistakes at once, in the order of their lines."""

    fault = "user"

    def __init__(self, what: str, *, where: str = "", remedy: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"  {problem}" for problem in self.problems)])


class SourceError(MainspringError):
    """The data cannot be collected: missing, unreadable, half-written, forbidden."""

    fault = "user"


class SchemaChanged(SourceError):
    """A column changed in a way that would lose values, so the new data was not stored."""


class QualityError(MainspringError):
    """The data was collected but cannot serve: empty, one class only, no rows left after expectations."""

    fault = "user"


class UnknownColumn(QualityError):
    """A column was named that the table does not have."""

    def __init__(self, column: str, table: str, known: Iterable[str]) -> None:
        known = list(known)
        guess = nearest(column, known)
        shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
        super().__init__(
            f"there is no column {column!r} in {table!r}",
            where=table,
            remedy=f"did you mean {guess!r}?" if guess else f"the columns are: {shown}",
        )
        self.column = column


class LearnError(MainspringError):
    """No model could be learned."""


class LimitTooTight(LearnError):
    """No candidate keeps a declared limit; the remedy names the nearest limit that can be kept."""

    fault = "user"


class NotInTime(LearnError):
    """A candidate had not the time to learn anything; with more it may."""

    retry = True


class DecideError(MainspringError):
    """A record cannot be decided."""


class BadRecord(DecideError):
    """Fields of a record are wrong. ``fields`` maps each field to what is wrong with it."""

    fault = "user"

    def __init__(self, what: str, *, fields: dict[str, str], where: str = "", remedy: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.fields = fields


class ActError(MainspringError):
    """An action was not delivered."""


class ActRefused(ActError):
    """The receiver answered that it will not take this; trying the same again cannot help."""


class ActUnreachable(ActError):
    """The receiver did not answer, or answered that it is unwell; try again later.

    ``retry_after`` is how many seconds the receiver asked to be left alone, None when it did not say.
    """

    retry = True

    def __init__(self, what: str, *, where: str = "", remedy: str = "", retry_after: float | None = None) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.retry_after = retry_after


class StoreError(MainspringError):
    """The lake or the database failed."""


class NotFound(StoreError):
    """Nothing is kept under that name."""

    fault = "user"

    def __init__(self, kind: str, name: str, known: Iterable[str] = ()) -> None:
        known = list(known)
        guess = nearest(name, known)
        shown = ", ".join(known[:12])
        super().__init__(
            f"there is no {kind} {name!r}",
            remedy=f"did you mean {guess!r}?" if guess else (f"known: {shown}" if known else f"no {kind} is kept yet"),
        )


class NothingBefore(StoreError):
    """There is no earlier one to go back to."""

    fault = "user"


class Tampered(StoreError):
    """Stored content does not match the hash recorded with it; it was not opened."""


class Busy(StoreError):
    """Another process is at it, and only one may be."""

    fault = "user"
    retry = True


class NoSpace(StoreError):
    """The disk is full. What was half-written was removed; what was stored before is intact."""

    fault = "user"
    retry = True


class BusError(MainspringError):
    """The bus cannot be reached, or did not confirm what it was asked to keep."""

    retry = True


class BadEvent(MainspringError):
    """An event is too large, is no JSON, or lacks what CloudEvents 1.0 requires. No value of it is quoted."""

    fault = "user"


class Cancelled(MainspringError):
    """Someone cancelled the run while it was under way; what its finished steps left stays, and it can be resumed."""

    fault = "user"


class ExportError(MainspringError):
    """A part of a model has no counterpart in the form asked for; nothing was written."""

    fault = "user"


class ServeError(MainspringError):
    """The gateway cannot listen at its address: it is taken, forbidden, or not this machine's."""

    fault = "user"


class MissingExtra(MainspringError):
    """A library that an optional part needs is not installed."""

    fault = "user"

    def __init__(self, library: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs {library}", remedy=f'pip install "mainspring[{extra}]"')
