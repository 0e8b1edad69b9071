"""Past: records with what came before them, in the transaction in which they are decided about."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mainspring.backends.opening import Backends
from mainspring.backends.store.decisions import Recording
from mainspring.decision import Decision
from mainspring.run.desk import Desk
from mainspring.run.windows.keeper import Keeper, Met
from mainspring.steps.decide.decider import told_apart

Record = Mapping[str, Any]
Occasion = str | Sequence[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """Records as they came and as they are protected, which of them are ``wrong`` (by place), and on what occasion, of all or of each."""

    records: Sequence[Record]
    protected: Sequence[Record]
    wrong: Mapping[int, Mapping[str, str]]
    occasion: Occasion


@dataclass(frozen=True, slots=True)
class Past:
    """The same records with the windows' columns, and the transaction to record their decisions in, where windows need one.

    ``known`` are decisions of the same request that are there already, ``late`` says what is wrong with the time of others; by place.
    """

    records: Sequence[Record]
    protected: Sequence[Record]
    occasion: Occasion
    recording: Recording | None = None
    known: Mapping[int, Decision] = field(default_factory=dict[int, Decision])
    late: Mapping[int, Mapping[str, str]] = field(default_factory=dict[int, Mapping[str, str]])


@contextmanager
def looking_back(desk: Desk, backends: Backends, asked: Asked, *, by_time: bool = False) -> Generator[Past]:
    """``by_time``: records come in the order of their times; else in the order in which they stand.

    Without windows nothing happens here, and the transaction is whoever records' own.
    """
    keeper = desk.keeper
    if keeper is None:
        yield Past(asked.records, asked.protected, asked.occasion)
        return
    rival = None if desk.rival is None else desk.rival.desk.keeper
    with keeper.lock:
        try:
            with backends.decisions.transaction(desk.automation.name) as recording:
                yield _looked_back(desk, recording, asked, by_time=by_time)
                rows = recording.window_rows()
                keeper.finish(rows)
                if rival is not None:
                    rival.finish(rows, without=keeper.marks)
        except BaseException:
            keeper.forget()
            if rival is not None:
                rival.forget()
            raise


def _looked_back(desk: Desk, recording: Recording, asked: Asked, *, by_time: bool) -> Past:
    assert desk.keeper is not None  # the caller has looked
    records, protected = list(asked.records), list(asked.protected)
    occasions = _occasions(desk, asked)
    good = [place for place in range(len(records)) if place not in asked.wrong]
    ids = {place: _identity(desk, protected[place], occasions[place]) for place in good}
    found = recording.known(ids.values())
    known = {place: found[id] for place, id in ids.items() if id in found}
    # The same request twice is one decision, and counts once.
    first = {id: place for place, id in reversed(ids.items())}
    new = [place for place, id in ids.items() if place not in known and first[id] == place]
    now = datetime.now(UTC).replace(tzinfo=None)
    if by_time:
        keeper = desk.keeper
        new.sort(key=lambda place: keeper.at(protected[place], now))
    met = _meet(desk.keeper, recording, [protected[place] for place in new], now)
    told = dict(zip(new, met, strict=True))
    rival = None if desk.rival is None else desk.rival.desk
    if rival is not None and rival.keeper is not None:
        others = _meet(rival.keeper, recording, [rival.protect(records[place]) for place in new], now)
        for place, one in zip(new, others, strict=True):
            records[place] = {**records[place], **one.told}
    late: dict[int, Mapping[str, str]] = {}
    for place, id in ids.items():
        if place in known:
            continue
        one = told[first[id]]
        protected[place] = {**protected[place], **one.told}
        if one.problem is not None and desk.keeper.windowing.late.then == "refuse":
            late[place] = {desk.keeper.windowing.time: one.problem}
    return Past(records, protected, occasions, recording, known, late)


def _meet(keeper: Keeper, recording: Recording, records: Sequence[Record], now: datetime) -> list[Met]:
    rows = recording.window_rows()
    keeper.begin(rows)
    return keeper.meet(rows, records, now)


def _occasions(desk: Desk, asked: Asked) -> Sequence[str]:
    if not isinstance(asked.occasion, str):
        return asked.occasion
    return told_apart(asked.protected, [desk.key_of(record) for record in asked.protected], asked.occasion)


def _identity(desk: Desk, record: Record, occasion: str) -> str:
    return desk.decider.identity(record, desk.key_of(record), occasion)
