"""One Delta table: opened, looked at, and its failures in our words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, TableNotFoundError

from mainspring.backends.store.lake.columns import kept
from mainspring.backends.store.locks import as_store_error, busy, no_space
from mainspring.errors import MainspringError, NotFound, StoreError

BATCH_ROWS = 65_536

Dataset = Any
"""A pyarrow dataset, for which there are no types."""


def open_table(place: str, name: str, version: int | None, options: Mapping[str, str]) -> DeltaTable | None:
    """The table at ``place``, or None where there is none.

    Raises:
        NotFound: the table is there, but not that version of it.
    """
    with translated(name):
        try:
            newest = DeltaTable(place, storage_options=dict(options))
        except TableNotFoundError:
            return None
        if version is None or version == newest.version():
            return newest
        known = {str(entry["version"]) for entry in newest.history()}
        if version > newest.version() or (str(version) not in known and version < min(map(int, known), default=0)):
            raise NotFound(f"version of {name}", str(version), sorted(known, key=int, reverse=True))
        newest.load_as_version(version)
        return newest


def schema_of(table: DeltaTable) -> pa.Schema:
    return kept(pa.schema(table.schema().to_arrow()), "")


def written(table: DeltaTable, who: str) -> int:
    """The highest number that ``who`` has written, -1 where it has written none."""
    number = table.transaction_version(who)
    return -1 if number is None else number


def in_order(table: DeltaTable) -> Dataset:
    """The table's files, oldest first: the log promises no order, and a resumed run must see the rows as it saw them before."""
    dataset = table.to_pyarrow_dataset(schema=schema_of(table))
    files = pa.table(table.get_add_actions()).select(["path", "modification_time"]).to_pylist()
    moments = {file["path"]: file["modification_time"] for file in files}
    fragments = sorted(dataset.get_fragments(), key=lambda part: (moments[part.path], part.path))
    # Its own class again, by which whoever reads no table need not load pyarrow.dataset, and pandas with it.
    return type(dataset)(fragments, dataset.schema, dataset.format, dataset.filesystem)


def batches(table: DeltaTable, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The rows in bounded memory; at least one batch, which may be empty."""
    scanner = in_order(table).scanner(columns=columns, batch_size=BATCH_ROWS, batch_readahead=1, fragment_readahead=1)
    yield pa.RecordBatch.from_pylist([], schema=scanner.projected_schema)
    yield from (batch for batch in scanner.to_batches() if batch.num_rows)


def files_of(table: DeltaTable | None) -> set[Path]:
    """The local data files that the table's newest version consists of."""
    return {Path(uri.removeprefix("file://")) for uri in table.file_uris()} if table else set()


def facts(table: DeltaTable, name: str) -> dict[str, Any]:
    sizes = pa.table(table.get_add_actions()).column("size_bytes").to_pylist()
    return {
        "name": name,
        "rows": table.count(),
        "size": sum(sizes),
        "files": len(sizes),
        "version": table.version(),
        "changed": _moment(table.history(1)[0]),
    }


def history(table: DeltaTable) -> list[dict[str, Any]]:
    return [
        {
            "version": entry["version"],
            "at": _moment(entry),
            "operation": entry["operation"].lower(),
            "rows": (entry.get("operationMetrics") or {}).get("num_added_rows"),
        }
        for entry in table.history()
    ]


def _moment(entry: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(entry["timestamp"] / 1000, UTC)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Failures of the vendors as errors of ours, without the vendors' words, which may quote values."""
    try:
        yield
    except MainspringError:
        raise
    except CommitFailedError as error:
        raise busy(f"the table {where}") from error
    except Exception as error:
        raise _meaning(error, where) from error


def _meaning(error: Exception, where: str) -> StoreError:
    told = str(error)
    if "No space left" in told or "os error 28" in told:
        return no_space(where)
    if isinstance(error, OSError) and error.errno:
        return as_store_error(error, where)
    return StoreError(f"the table cannot be read or written ({type(error).__name__})", where=where)
