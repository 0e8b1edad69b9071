"""Collect: the rows of a declared source, whoever reads them, as batches of one plain schema."""

import importlib
from collections.abc import Iterator
from typing import cast

import pyarrow as pa

from mainspring.automation.source import Source
from mainspring.errors import SourceError, nearest
from mainspring.steps.source.address import scheme, shown
from mainspring.steps.source.columns import settled
from mainspring.steps.source.cursor import beyond
from mainspring.steps.source.kinds import FILES, NOT_READ, READ_BY_THE_RUN, READERS
from mainspring.steps.source.reader import Reader, Surroundings


def collect(source: Source, around: Surroundings) -> Iterator[pa.RecordBatch]:
    """The source's rows, streamed: at least one batch, all of one schema with distinct names and types the lake keeps.

    With ``since`` declared and a cursor in ``around``, only rows beyond it. The kind of source is checked at once, the
    rest while it is read.

    Raises:
        SourceError: missing, unreadable, half-written, forbidden, of an unknown kind.
        UnknownColumn: ``since`` names no column.
        MissingExtra: a library that this kind of source needs is not installed.
    """
    if source.table is None:
        raise SourceError(
            "a query over the lake is answered by the lake", where="source.sql", remedy="run the automation"
        )
    reader = _reader(source.table, around)
    return _checked(reader.batches(source, around), source, around)


def _reader(address: str, around: Surroundings) -> Reader:
    kind = scheme(address)
    if kind not in READERS and "://" not in address and (not kind or (around.folder / address).exists()):
        kind = FILES
    if kind not in READERS:
        raise _unread(kind, shown(address))
    module, _, name = READERS[kind].partition(":")
    return cast(Reader, getattr(importlib.import_module(module), name)())


def _unread(kind: str, where: str) -> SourceError:
    if kind in NOT_READ:
        return SourceError(f"this release does not read {kind}: sources", where=where, remedy=NOT_READ[kind])
    if kind in READ_BY_THE_RUN:
        return SourceError(f"{kind}: sources are read by a run alone", where=where, remedy="run the automation")
    known = [*(k for k in READERS if k != FILES), *NOT_READ, *READ_BY_THE_RUN]
    guess = nearest(kind, known)
    remedy = f"did you mean {guess!r}?" if guess else f"a file, or one of: {', '.join(known)}"
    return SourceError(f"no source is called {kind!r}", where=where, remedy=remedy)


def _checked(batches: Iterator[pa.RecordBatch], source: Source, around: Surroundings) -> Iterator[pa.RecordBatch]:
    where = shown(source.table or "")
    for batch in batches:
        plain = settled(batch, where)
        if not plain.num_columns:
            raise SourceError(
                "there are no columns", where=where, remedy="check the source; it must have at least one column"
            )
        if source.since is not None and around.cursor is not None:
            plain = beyond(plain, source.since, around.cursor, where)
        yield plain
