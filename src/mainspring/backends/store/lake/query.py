"""Query: SQL over the tables of the lake, by DuckDB, which sees nothing else."""

import re
import tempfile
from collections.abc import Callable, Iterable

import duckdb
import pyarrow as pa
from pyarrow import types

from mainspring.backends.store.lake.delta import Dataset
from mainspring.backends.store.lake.name import TableName
from mainspring.errors import NotFound, QualityError, StoreError

LOCKED = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "allow_community_extensions": "false",
}
"""No file, no network, no extension, no variable of this process: only the tables that are handed in."""


def ask(query: str, known: Iterable[TableName], open_table: Callable[[TableName], Dataset]) -> pa.Table:
    """The answer to one SELECT over the tables ``known``, of which those that the query may mean are opened.

    ``retention.raw`` is a table, ``retention."raw@3"`` its version 3; a name with a dash is quoted: ``"my-bank".raw``.

    Raises:
        NotFound: it speaks of a table that there is not.
        QualityError: it is not SQL, not one SELECT, or cannot be answered.
    """
    known = list(known)
    with tempfile.TemporaryDirectory(prefix="mainspring-sql-") as spill:
        connection = duckdb.connect(":memory:", config={**LOCKED, "temp_directory": spill})
        try:
            _only_select(connection, query)
            for number, name in enumerate(_meant(query, known)):
                _show(connection, f"lake_{number}", name, open_table(name))
            connection.execute("SET TimeZone='UTC'").fetchall()
            connection.execute("SET lock_configuration=true").fetchall()
            return _plain(connection.sql(query).to_arrow_table())
        except duckdb.Error as error:
            raise _meaning(error, query, known) from None
        finally:
            connection.close()


def _only_select(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    kinds = [statement.type.name for statement in connection.extract_statements(query)]
    if kinds != ["SELECT"]:
        raise QualityError(
            "the lake answers one SELECT at a time", where="sql", remedy="write one query that begins with SELECT"
        )


def _meant(query: str, known: Iterable[TableName]) -> list[TableName]:
    """The tables whose names stand anywhere in the query. One too many does no harm."""
    words = query.lower()
    found: list[TableName] = []
    for name in known:
        if name.table in words:
            found.append(name)
            versions = set(re.findall(rf"\b{re.escape(name.table)}@(\d+)", words))
            if name.automation in words:
                found.extend(name._replace(version=int(version)) for version in sorted(versions))
    return found


def _show(connection: duckdb.DuckDBPyConnection, handle: str, name: TableName, dataset: Dataset) -> None:
    table = name.table if name.version is None else f"{name.table}@{name.version}"
    connection.register(handle, dataset)
    connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{name.automation}"').fetchall()
    connection.execute(f'CREATE VIEW "{name.automation}"."{table}" AS SELECT * FROM {handle}').fetchall()


def _plain(table: pa.Table) -> pa.Table:
    """DuckDB adds up whole numbers in 128 bits; where they fit into 64, that is what people expect."""
    for number, field in enumerate(table.schema):
        if types.is_decimal(field.type) and field.type.precision == 38 and field.type.scale == 0:
            try:
                table = table.set_column(number, field.name, table.column(number).cast(pa.int64()))
            except pa.ArrowInvalid:
                continue
    return table


def _meaning(error: duckdb.Error, query: str, known: list[TableName]) -> StoreError | QualityError:
    told = str(error).split("\n\n")[0]
    if missing := re.search(r"Table with name \"?([^\s\"]+)\"? does not exist", told):
        return NotFound("table", _as_asked(missing[1], query), [str(name) for name in known])
    if isinstance(error, duckdb.PermissionException):
        return QualityError("the query reaches beyond the lake's tables", where="sql", remedy="use its tables only")
    if isinstance(error, duckdb.OutOfMemoryException):
        return StoreError(
            "the query needs more memory than there is", where="sql", remedy="ask for fewer rows or columns"
        )
    if isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException):
        # The message quotes the value, which may be private.
        return QualityError("a value does not fit the type that the query asks for", where="sql", remedy="use try_cast")
    kind, _, rest = told.partition(": ")
    return QualityError(f"{kind.lower()}: {rest}" if rest else told, where="sql", remedy="correct the query")


def _as_asked(table: str, query: str) -> str:
    """DuckDB leaves out the part before the dot; the nearest name is told from both."""
    whole = re.search(rf'([\w-]+)"?\s*\.\s*"?{re.escape(table)}\b', query)
    return f"{whole[1]}.{table}" if whole and "." not in table else table
