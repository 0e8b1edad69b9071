"""SQL: the rows of a query or table in SQLite, PostgreSQL, MySQL or MariaDB, streamed.

The connection cannot write, and no error tells a password, a parameter or a value.
"""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
from sqlalchemy import Connection, Engine, TextClause, create_engine, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from mainspring.automation.source import Source
from mainspring.errors import MissingExtra, SourceError, UnknownColumn, nearest
from mainspring.steps.source.address import expanded, shown
from mainspring.steps.source.columns import distinct_names, empty_batch
from mainspring.steps.source.reader import Surroundings
from mainspring.steps.source.sql_types import array, bound, mysql_type, postgresql_type, sqlite_type

ROWS = 10_000
CONNECT_SECONDS = 15
DRIVERS = {
    "postgresql": ("postgresql+psycopg", "psycopg", "postgres"),
    "mysql": ("mysql+pymysql", "PyMySQL", "mysql"),
    "mariadb": ("mariadb+pymysql", "PyMySQL", "mysql"),
}
READ_ONLY = {
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "sqlite": "BEGIN",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows to read: a query, and the Arrow types of its columns."""

    query: str
    schema: pa.Schema


class Database:
    """``source.query`` is a query, or the name of a table. The database compares ``since`` where its type allows."""

    def batches(self, source: Source, around: Surroundings) -> Iterator[pa.RecordBatch]:
        where = shown(source.table or "")
        url = _url(expanded(source.table or "", around.environment), where)
        with _failures(url, where), _engine(url, around.folder, where).connect() as connection:
            connection = connection.execution_options(yield_per=ROWS, postgresql_readonly=True)
            if connection.dialect.name in READ_ONLY:
                connection.exec_driver_sql(READ_ONLY[connection.dialect.name])
            query = _query(connection, source.query, where)
            selection = Selection(query, _schema(connection, query, where))
            yield from _rows(
                connection, _statement(connection, selection, source.since, around.cursor, where), selection, where
            )


def _url(address: str, where: str) -> URL:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise SourceError(
            "the database address cannot be read",
            where=where,
            remedy="write it like postgresql://user:${PASSWORD}@host:5432/database or sqlite:///file.db",
        ) from None
    return url.set(drivername=DRIVERS[url.drivername][0]) if url.drivername in DRIVERS else url


def _engine(url: URL, folder: Path, where: str) -> Engine:
    kind = url.get_backend_name()
    if kind == "sqlite":
        return _sqlite(url, folder, where)
    _, library, extra = DRIVERS[kind]
    try:
        return create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": CONNECT_SECONDS})
    except ModuleNotFoundError as error:
        raise MissingExtra(library, extra, f"reading {kind}:// sources") from error


def _sqlite(url: URL, folder: Path, where: str) -> Engine:
    path = folder / (url.database or "")
    if not path.is_file():
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        guess = nearest(path.name, siblings)
        remedy = (
            f"did you mean {guess!r}?"
            if guess
            else "write sqlite:///file.db, or sqlite:////folder/file.db from the root"
        )
        raise SourceError("there is no such database file", where=where, remedy=remedy)
    uri = f"file:{quote(str(path.resolve()))}?mode=ro"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


@contextmanager
def _failures(url: URL, where: str) -> Iterator[None]:
    """Failures of the database as errors without password, parameters or values."""
    try:
        yield
    except DataError as error:
        raise SourceError(
            "the query meets a value that it cannot convert", where=where, remedy="correct the casts in `query`"
        ) from error
    except DBAPIError as error:
        said = str(error.orig.args[-1] if error.orig and error.orig.args else error.orig).strip().partition("\n")[0]
        hidden = said.replace(str(url.password), "***") if url.password else said
        raise SourceError(
            f"the database refused: {hidden}", where=where, remedy="check address, rights and `query` under source"
        ) from error
    except SQLAlchemyError as error:
        raise SourceError(
            f"the database cannot be read ({type(error).__name__})", where=where, remedy="check address and `query`"
        ) from error


def _query(connection: Connection, declared: str | None, where: str) -> str:
    wanted = (declared or "").strip().rstrip(";").strip()
    looks_like_name = re.fullmatch(r"[\w$.]*", wanted) is not None
    catalogue = inspect(connection)
    tables = [*catalogue.get_table_names(), *catalogue.get_view_names()]
    if wanted not in tables and not looks_like_name:
        return wanted
    if wanted in tables or "." in wanted:
        parts = [wanted] if wanted in tables else wanted.split(".")
        return "SELECT * FROM " + ".".join(map(connection.dialect.identifier_preparer.quote_identifier, parts))
    guess = nearest(wanted, tables)
    raise SourceError(
        f"there is no table {wanted!r}" if wanted else "no query is declared",
        where=where,
        remedy=f"did you mean {guess!r}?" if guess else f"declare `query`; the tables are: {', '.join(tables[:12])}",
    )


def _plain(query: str) -> TextClause:
    """The query with its colons as they are: they are no parameters of ours."""
    return text(query.replace(":", r"\:"))


def _schema(connection: Connection, query: str, where: str) -> pa.Schema:
    sqlite = connection.dialect.name == "sqlite"
    # SQLite renames twins inside a subquery; the others would execute the whole query to describe it.
    with connection.execute(_plain(query if sqlite else f"SELECT * FROM (\n{query}\n) AS asked WHERE 1 = 0")) as result:
        described: Sequence[Any] = result.cursor.description or () if result.cursor else ()
    names = [column[0] for column in described]
    distinct_names(names, where)
    if sqlite:
        return pa.schema(list(zip(names, _stored_types(connection, query, names), strict=True)))
    told = postgresql_type if connection.dialect.name == "postgresql" else mysql_type
    return pa.schema([(column[0], told(column)) for column in described])


def _stored_types(connection: Connection, query: str, names: Sequence[str]) -> list[pa.DataType]:
    """SQLite's types belong to the values, so all of them are asked."""
    quoted = map(connection.dialect.identifier_preparer.quote_identifier, names)
    asked = ", ".join(f"group_concat(DISTINCT typeof({name}))" for name in quoted)
    row = connection.execute(_plain(f"SELECT {asked} FROM (\n{query}\n) AS asked")).one()
    return [sqlite_type(found) for found in row]


def _statement(
    connection: Connection, selection: Selection, since: str | None, cursor: object, where: str
) -> TextClause:
    if since is None:
        return _plain(selection.query)
    if since not in selection.schema.names:
        raise UnknownColumn(since, where, selection.schema.names)
    limit = None if cursor is None else bound(cursor, selection.schema.field(since).type)
    if limit is None:
        return _plain(selection.query)
    column = connection.dialect.identifier_preparer.quote_identifier(since).replace(":", r"\:")
    inner = selection.query.replace(":", r"\:")
    return text(f"SELECT * FROM (\n{inner}\n) AS asked WHERE {column} > :beyond").bindparams(beyond=limit)


def _rows(connection: Connection, statement: TextClause, selection: Selection, where: str) -> Iterator[pa.RecordBatch]:
    schema: pa.Schema | None = None
    with connection.execute(statement) as result:
        for rows in result.partitions(ROWS):
            columns = [tuple(values) for values in zip(*rows, strict=True)]
            kinds = schema = schema or _with_bytes(selection.schema, columns)
            arrays = [_array(values, kinds.field(i), where) for i, values in enumerate(columns)]
            yield pa.RecordBatch.from_arrays(arrays, schema=kinds)
    if schema is None:
        yield empty_batch(selection.schema)


def _with_bytes(schema: pa.Schema, columns: list[tuple[Any, ...]]) -> pa.Schema:
    """MySQL describes text and bytes alike; the values tell."""
    kinds = [
        pa.binary() if pa.types.is_string(f.type) and any(isinstance(v, bytes) for v in values) else f.type
        for f, values in zip(schema, columns, strict=True)
    ]
    return pa.schema(list(zip(schema.names, kinds, strict=True)))


def _array(values: Sequence[Any], field: pa.Field, where: str) -> pa.Array:
    try:
        return array(values, field.type)
    except (pa.ArrowException, OverflowError, ValueError, TypeError) as error:
        raise SourceError(
            f"a value of column {field.name!r} does not fit into {field.type}",
            where=where,
            remedy="cast the column in `query`, to text for example",
        ) from error
