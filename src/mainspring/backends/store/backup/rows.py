"""Rows: every table of the database as a Parquet file, all of one moment; and an empty database filled from them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Boolean, Connection, Float, Integer, Table, func, insert, select, text

from mainspring.backends.store.database import Database
from mainspring.backends.store.tables import HEAD, METADATA, Moment
from mainspring.errors import SpecError, Tampered

AT_ONCE = 5_000


def dump(database: Database, folder: Path) -> dict[str, int]:
    """How many rows of each table."""
    folder.mkdir(parents=True, exist_ok=True)
    with database.snapshot() as connection:
        return {
            table.name: _dumped(connection, table, folder / f"{table.name}.parquet") for table in METADATA.sorted_tables
        }


def shape() -> str:
    """Which shape of the database the files fit."""
    return HEAD


def load(database: Database, folder: Path, told: Callable[[str], None] = lambda _: None) -> dict[str, int]:
    """Fill an empty database, in one transaction; how many rows of each table.

    Raises:
        SpecError: the database is not empty. Tampered: a file is not what was dumped.
    """
    with database.writing("migrations") as connection:
        for table in METADATA.sorted_tables:
            if connection.scalar(select(func.count()).select_from(table)):
                raise SpecError(
                    f"the database has rows in {table.name!r} already", where=database.where,
                    remedy="restore into a new workspace: -w FOLDER",
                )  # fmt: skip
        counts: dict[str, int] = {}
        for table in METADATA.sorted_tables:
            told(table.name)
            counts[table.name] = _loaded(connection, table, folder / f"{table.name}.parquet")
        return counts


def _dumped(connection: Connection, table: Table, path: Path) -> int:
    schema = pa.schema([(column.name, _type(column.type)) for column in table.columns])
    count = 0
    found = connection.execution_options(yield_per=AT_ONCE).execute(select(table))
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in found.mappings().partitions():
            writer.write_table(pa.Table.from_pylist([dict(row) for row in part], schema=schema))
            count += len(part)
    return count


def _loaded(connection: Connection, table: Table, path: Path) -> int:
    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise Tampered("a file of the backup cannot be read", where=path.name, remedy="take another backup") from error
    names = {column.name for column in table.columns}
    if set(file.schema_arrow.names) != names:
        raise Tampered("a file of the backup has other columns", where=path.name, remedy="take another backup")
    count = 0
    for batch in file.iter_batches(AT_ONCE):
        rows: Sequence[dict[str, Any]] = batch.to_pylist()
        if rows:
            connection.execute(insert(table), rows)
        count += len(rows)
    _count_on(connection, table)
    return count


def _count_on(connection: Connection, table: Table) -> None:
    """PostgreSQL does not notice numbers that are given to it: its own must begin beyond them."""
    column = table.autoincrement_column
    if connection.dialect.name != "postgresql" or column is None or column.autoincrement is not True:
        return
    highest = connection.scalar(select(func.max(column)))
    if highest is not None:
        connection.execute(
            text("select setval(pg_get_serial_sequence(:table, :column), :highest)"),
            {"table": table.name, "column": column.name, "highest": highest},
        )


def _type(kind: object) -> pa.DataType:
    for ours, theirs in (
        (Moment, pa.timestamp("us", "UTC")),
        (Boolean, pa.bool_()),
        (Integer, pa.int64()),
        (Float, pa.float64()),
    ):
        if isinstance(kind, ours):
            return theirs
    return pa.string()
