"""Writing: rows on their way into a Delta table, of which all arrive or none."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from queue import Full, Queue
from typing import Literal

import pyarrow as pa
from deltalake import DeltaTable

from mainspring.backends.store.lake.columns import fit, kept, merged
from mainspring.backends.store.lake.delta import batches, files_of, schema_of

Mode = Literal["append", "overwrite"]
AHEAD = 4
"""Batches that may wait for the writer."""


class Stream:
    """Rows to be written, brought into the columns of their table."""

    def __init__(self, rows: pa.RecordBatchReader, table: str) -> None:
        self._batches: Iterable[pa.RecordBatch] = rows
        self._schema = kept(rows.schema, table)
        self._table = table

    def follow(self, table: DeltaTable) -> Mode:
        """Take over the columns of ``table``. Where they must widen, its rows go first into a whole new version."""
        stored = schema_of(table)
        self._schema = merged(stored, self._schema, self._table)
        if all(self._schema.field(field.name).type == field.type for field in stored):
            return "append"
        self._batches = chain(batches(table), self._batches)
        return "overwrite"

    def pour(self, write: Callable[[pa.RecordBatchReader], None]) -> None:
        """Hand the rows to ``write``, which runs in another thread, while their source is asked in this one.

        delta-rs pulls its rows from within its own runtime: there a source could not read the lake, a database connection
        would be in the wrong thread, and of an error only the text would come back.
        """
        waiting: Queue[pa.RecordBatch | BaseException | None] = Queue(AHEAD)
        reader = pa.RecordBatchReader.from_batches(self._schema, _taken(waiting))
        with ThreadPoolExecutor(1, "mainspring-lake") as pool:
            writing = pool.submit(write, reader)
            try:
                for batch in self._batches:
                    _hand(waiting, fit(batch, self._schema, self._table), writing)
            except BaseException as error:
                _hand(waiting, error, writing)
                raise
            _hand(waiting, None, writing)
        writing.result()


def _taken(waiting: "Queue[pa.RecordBatch | BaseException | None]") -> Iterator[pa.RecordBatch]:
    while (item := waiting.get()) is not None:
        if isinstance(item, BaseException):
            raise RuntimeError("the source of the rows failed")
        yield item


def _hand(
    waiting: "Queue[pa.RecordBatch | BaseException | None]",
    item: pa.RecordBatch | BaseException | None,
    writing: "Future[None]",
) -> None:
    while not writing.done():
        try:
            waiting.put(item, timeout=0.1)
            return
        except Full:
            continue
    if not isinstance(item, BaseException):
        writing.result()


@contextmanager
def all_or_nothing(folder: Path, reopen: Callable[[], DeltaTable | None], before: int) -> Iterator[None]:
    """After a failure that left no version newer than ``before``, remove from ``folder`` what was half-written.

    Only for a folder in which nobody else is writing.
    """
    there = _files(folder)
    try:
        yield
    except BaseException:
        table = reopen()
        if table and table.version() > before:
            return  # The commit stands; only the tidying after it failed.
        for path in _files(folder) - there - files_of(table):
            path.unlink(missing_ok=True)
        if table is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}
