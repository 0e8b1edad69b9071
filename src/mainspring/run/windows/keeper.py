"""Keeper: the earlier rows of keys in memory, in step with the store, and what windows tell of them.

The store has every row that a window may still ask for, written in the transaction of the decision that was made of it; so what is in
memory can be lost at any moment, and several processes may decide about the same keys.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from mainspring.backends.store.json_text import from_text
from mainspring.backends.store.windows.rows import Kept, WindowRows
from mainspring.steps.prepare.windows.arriving import remember, tell, unfit
from mainspring.steps.prepare.windows.history import History
from mainspring.steps.prepare.windows.windowing import Group, Row, Value, Windowing, microseconds

Record = Mapping[str, Any]
MOST = 500_000
"""Rows in memory; the keys that were asked about longest ago leave first."""
WEIGHT = 8
"""What a key weighs beside its rows, in rows."""
SWEEP = timedelta(hours=1)
DAY = timedelta(days=1)


class Met(NamedTuple):
    """The windows' columns of a record, or why it has none."""

    told: Mapping[str, Value]
    problem: str | None


class Keeper:
    """Of one version's windows. One turn at a time: :meth:`begin`, :meth:`meet` records, :meth:`finish`, all in one transaction.

    ``read`` gives a protected record's columns as the version reads them. Whoever is interrupted in between has to :meth:`forget`.
    """

    def __init__(self, windowing: Windowing, read: Callable[[Record], Record], most: int = MOST) -> None:
        self.windowing = windowing
        self.lock = threading.Lock()
        self._read, self._most = read, most
        self._known: OrderedDict[tuple[int, str], History] = OrderedDict()
        self._weight = 0
        self._seen: list[int | None] = [None for _ in windowing.groups]
        self._synced: list[int | None] = []
        self._pending: list[list[Kept]] = [[] for _ in windowing.groups]
        self._touched: set[tuple[int, str]] = set()
        self._swept = datetime.min.replace(tzinfo=UTC)

    def __len__(self) -> int:
        """The rows in memory, and what the keys weigh."""
        return self._weight

    def begin(self, rows: WindowRows) -> None:
        """Take along what other processes, or other versions, have put there since the last turn."""
        self._pending = [[] for _ in self.windowing.groups]
        self._touched = set()
        self._synced = []
        now = datetime.now(UTC)
        for number, group in enumerate(self.windowing.groups):
            seen = self._seen[number]
            if seen is not None:
                for kept in rows.since(group.mark, seen):
                    if history := self._known.get((number, kept.key)):
                        self._add(history, kept)
                self._synced.append(rows.newest())
            elif rows.begun(group.mark):
                self._synced.append(rows.newest())
            else:
                self._from_journal(rows, number, now)
                self._synced.append(None)
        self._seen = list(self._synced)
        if now - self._swept >= SWEEP:
            self._sweep(rows, now)

    def meet(self, rows: WindowRows, records: Sequence[Record], now: datetime) -> list[Met]:
        """What windows tell of protected records that come one after another; each is one of the earlier rows of the next.

        A record that is late, or too far ahead of ``now``, is told nothing and counts for none.
        """
        asked = [self.windowing.row(self._read(record), now) for record in records]
        hashed = [[None if key is None else _hash(key) for key in row.keys] for row in asked]
        self._load(rows, hashed)
        return [self._meet(row, keys, now) for row, keys in zip(asked, hashed, strict=True)]

    def finish(self, rows: WindowRows, *, without: frozenset[str] = frozenset()) -> None:
        """Keep what was met, but for the marks whose rows are kept by somebody else in this transaction."""
        for number, group in enumerate(self.windowing.groups):
            if group.mark not in without:
                rows.put(group.mark, self._pending[number])
        keeps = [self.windowing.keeps(group) for group in self.windowing.groups]
        for number, key in self._touched:
            history = self._known[number, key]
            before = len(history)
            if history.forget(keeps[number]):
                self._weight -= before - len(history)
                newest = history.newest or 0
                rows.forget(self.windowing.groups[number].mark, key, newest - keeps[number])
        newest_of_all = rows.newest()
        self._seen = [newest_of_all for _ in self._seen]
        while self._weight > self._most and len(self._known) > 1:
            _, gone = self._known.popitem(last=False)
            self._weight -= len(gone) + WEIGHT

    def forget(self) -> None:
        """What was met since :meth:`begin` was not kept: read it from the store again."""
        for place in self._touched:
            self._weight -= len(self._known.pop(place)) + WEIGHT
        self._touched = set()
        if len(self._synced) < len(self._seen) or None in self._synced:
            self._known.clear()
            self._weight = 0
            self._synced = [None for _ in self._seen]
        self._seen = list(self._synced)

    def at(self, record: Record, now: datetime) -> int:
        """The time of a protected record, in microseconds since 1970; that of ``now`` where it has none."""
        return self.windowing.row(self._read(record), now).at

    @property
    def marks(self) -> frozenset[str]:
        return frozenset(group.mark for group in self.windowing.groups)

    def _meet(self, row: Row, keys: Sequence[str | None], now: datetime) -> Met:
        places = [None if key is None else (number, key) for number, key in enumerate(keys)]
        histories = [None if place is None else self._known[place] for place in places]
        if problem := unfit(row, self.windowing, histories, now):
            return Met(self.windowing.nothing(), problem)
        told = tell(row, self.windowing, histories)
        remember(row, histories)
        for place, values in zip(places, row.values, strict=True):
            if place is not None:
                self._weight += 1
                self._touched.add(place)
                self._pending[place[0]].append(Kept(place[1], row.at, values))
        return Met(told, None)

    def _load(self, rows: WindowRows, asked: Sequence[Sequence[str | None]]) -> None:
        """Bring the keys that are asked about to memory; those of one turn stay until its end."""
        for number, group in enumerate(self.windowing.groups):
            wanted = dict.fromkeys(key for keys in asked if (key := keys[number]) is not None)
            lacking: list[str] = []
            for key in wanted:
                place = (number, key)
                if place in self._known:
                    self._known.move_to_end(place)
                else:
                    lacking.append(key)
                    self._known[place] = History(len(group.columns))
                    self._weight += WEIGHT
            for kept in rows.of(group.mark, lacking) if lacking else ():
                self._add(self._known[number, kept.key], kept)

    def _add(self, history: History, kept: Kept) -> None:
        history.add(kept.at, kept.values)
        self._weight += 1

    def _from_journal(self, rows: WindowRows, number: int, now: datetime) -> None:
        """Windows that were not there before begin with what was decided lately."""
        group = self.windowing.groups[number]
        since = now - timedelta(microseconds=self.windowing.keeps(group)) - DAY
        kept = (row for told in rows.decided(since) if (row := self._decided(told, number)) is not None)
        rows.put(group.mark, list(kept))

    def _decided(self, told: Mapping[Any, Any], number: int) -> Kept | None:
        if any(reason["kind"] == "error" for reason in from_text(told["reasons"])):
            return None
        row = self.windowing.row(self._read(from_text(told["record"])), told["at"].replace(tzinfo=None))
        key = row.keys[number]
        return None if key is None else Kept(_hash(key), row.at, row.values[number])

    def _sweep(self, rows: WindowRows, now: datetime) -> None:
        self._swept = now
        for group in self.windowing.groups:
            _sweep(rows, group, self.windowing.keeps(group), now)


def _sweep(rows: WindowRows, group: Group, keeps: int, now: datetime) -> None:
    """Keys that nobody decides about any more leave the disk: by the clock, for nothing else tells that they are gone."""
    kept = timedelta(microseconds=keeps)
    rows.sweep(group.mark, microseconds(now.replace(tzinfo=None) - kept), now - max(kept, DAY))


def _hash(key: str) -> str:
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
