"""Database: SQLite in a file, or PostgreSQL. Opens it, brings its shape up to date, and gives transactions."""

import hashlib
import importlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Insert, Table, create_engine, event, exc, inspect, make_url, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as lite

from mainspring.backends.checkpoints import PAGES, Checkpoints
from mainspring.backends.store.locks import busy, file_lock, no_space
from mainspring.backends.store.tables import HEAD, Moment
from mainspring.backends.wal import use_wal
from mainspring.errors import Busy, MissingExtra, SpecError, StoreError

BUSY_SECONDS = 60
UPGRADE = "mainspring.backends.store.migrations.upgrade"


class Database:
    """An open database of the current shape.

    SQLite runs in WAL mode with ``synchronous=NORMAL``: a killed process loses nothing that was committed, and a commit
    needs no wait for the disk. Only a power failure can undo the last commits; ``?synchronous=full`` in the URL rules
    that out too, at the price of a disk flush a commit.

    Raises:
        SpecError: the URL is of no kind that this release keeps its records in.
        StoreError: it cannot be opened, or was written by a newer release.
    """

    def __init__(self, url: str) -> None:
        self.url = _parsed(url)
        self.where = self.url.render_as_string(hide_password=True)
        self._lite = self.url.get_backend_name() == "sqlite"
        self._engine = _sqlite(self.url) if self._lite else _postgresql(self.url)
        self._checkpoints = Checkpoints(Path(str(self.url.database)), self._in_turn) if self._lite else None
        self._turn = threading.Lock()
        try:
            self._upgrade()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of what is committed."""
        with self._translated(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One consistent view for all that is read, however long it takes; readers and writers go on."""
        with self._translated(), self._engine.connect() as connection:
            if not self._lite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self, turn: str = "") -> Iterator[Connection]:
        """One transaction: all of it or nothing. Those with the same ``turn`` follow one another.

        In SQLite all writers follow one another (BEGIN IMMEDIATE); in PostgreSQL an advisory lock sees to it.
        """
        with self._in_turn(), self._translated(), self._engine.connect() as connection:
            connection.execution_options(begin_with="BEGIN IMMEDIATE")
            with connection.begin():
                if turn and not self._lite:
                    connection.execute(text("select pg_advisory_xact_lock(:number)"), {"number": _number(turn)})
                yield connection
            if self._checkpoints is not None:
                self._checkpoints.wanted()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        # SQLite's writers look again after naps of up to a tenth of a second; those of this process wake one another instead.
        if not self._lite:
            yield
            return
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise _kept_busy(self.where)
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def alone(self, name: str, *, wait: bool = False) -> Iterator[None]:
        """Keep other processes out of ``name`` for as long as this lasts or this process lives.

        Raises:
            Busy: another process is in there.
        """
        if self._lite:
            folder = Path(f"{self.url.database}.locks")
            with file_lock(folder / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.lock", name, wait=wait):
                yield
            return
        function = "pg_advisory_lock" if wait else "pg_try_advisory_lock"
        with self._translated(), self._engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            if connection.scalar(text(f"select {function}(:number)"), {"number": _number(name)}) is False:
                raise busy(name)
            try:
                yield
            finally:
                connection.execute(text("select pg_advisory_unlock(:number)"), {"number": _number(name)})

    def insert_new(self, table: Table) -> Insert:
        """An insert that passes over rows already there."""
        make = lite.insert if self._lite else postgresql.insert
        return make(table).on_conflict_do_nothing()

    def close(self) -> None:
        if self._checkpoints is not None:
            self._checkpoints.close()
        self._engine.dispose()

    def _upgrade(self) -> None:
        with self.reading() as connection:
            current = _revision(connection)
        if current != HEAD:
            with self.writing("migrations") as connection:
                importlib.import_module(UPGRADE).upgrade(connection, self.where)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        # The driver's own words may quote values, and values may be private: none of them are passed on, nor chained.
        failure: StoreError | None = None
        try:
            yield
        except exc.DBAPIError as error:
            failure = _meaning(error.orig or error, self.where, reach=isinstance(error, exc.OperationalError))
        except sqlite3.Error as error:
            failure = _meaning(error, self.where, reach=isinstance(error, sqlite3.OperationalError))
        if failure:
            raise failure


def insert(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows of these columns by the driver itself: the same statement made of dictionaries takes twice the time."""
    statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    if (driver := _lite_driver(connection)) is not None:
        driver.executemany(statement, rows)
    else:
        connection.exec_driver_sql(_marked(statement), list(rows))


def asked(connection: Connection, statement: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
    """The rows of a statement that has ``?`` for its values and nowhere else, by the driver itself: making one from columns and tables is
    most of a small transaction otherwise.
    """
    if (driver := _lite_driver(connection)) is not None:
        return driver.execute(statement, values).fetchall()
    told = connection.exec_driver_sql(_marked(statement), tuple(values))
    return told.fetchall() if told.returns_rows else []


def _lite_driver(connection: Connection) -> sqlite3.Connection | None:
    """SQLite's own connection, which no network can break: nobody has to look after it, which takes five times as long as its answers."""
    driver = connection.connection.driver_connection
    return driver if isinstance(driver, sqlite3.Connection) else None


def _marked(statement: str) -> str:
    return statement.replace("?", "%s")


def moments(connection: Connection) -> Callable[[datetime], Any]:
    """How the driver takes the moments of rows for :func:`insert`."""
    taken = Moment().dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return taken or (lambda moment: moment)


def parts(ids: Sequence[str], size: int = 5000) -> list[Sequence[str]]:
    """Ids in as many parts as databases take parameters at once."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):
        raise SpecError("the database URL cannot be read", where="database", remedy=_KINDS) from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise SpecError(f"no database of the kind {parsed.drivername!r}", where="database", remedy=_KINDS)
    if parsed.get_backend_name() == "sqlite" and (parsed.database or ":memory:") == ":memory:":
        raise SpecError("a database in memory would forget everything", where="database", remedy=_KINDS)
    return parsed


_KINDS = "write sqlite:///folder/file.db or postgresql://user@host/name"


def _sqlite(url: URL) -> Engine:
    level = str(url.query.get("synchronous", "normal")).lower()
    if level not in ("normal", "full"):
        raise SpecError("'synchronous' is neither normal nor full", where="database", remedy="write ?synchronous=full")
    path = Path(str(url.database))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError("the database's folder cannot be made", where=str(path.parent)) from error
    engine = create_engine(
        url.set(query={}),
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        pool_use_lifo=True,  # who was here last has its pages in memory still
    )

    def connected(connection: Any, _record: object) -> None:
        # Transactions are begun by us (see `begun`), so that a writer takes its lock first and cannot deadlock.
        connection.isolation_level = None
        use_wal(connection, BUSY_SECONDS)
        for pragma in (f"synchronous={level}", "foreign_keys=ON", f"wal_autocheckpoint={PAGES}"):
            connection.execute(f"PRAGMA {pragma}")

    def begun(connection: Connection) -> None:
        driver = _lite_driver(connection)
        assert driver is not None
        driver.execute(connection.get_execution_options().get("begin_with", "BEGIN"))

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(url.set(drivername="postgresql+psycopg"), hide_parameters=True, pool_pre_ping=True)
    except ImportError as error:
        raise MissingExtra("psycopg", "postgres", "a PostgreSQL database") from error


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(text("select version_num from alembic_version"))


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


def _meaning(error: BaseException, where: str, *, reach: bool) -> StoreError:
    """What the driver's ``error`` means; ``reach``: by its kind, the database cannot be reached."""
    told = str(error).lower()
    if "disk is full" in told or "no space left" in told:
        return no_space(where)
    if "locked" in told:
        return _kept_busy(where)
    if "not a database" in told or "malformed" in told:
        return StoreError("the file is damaged or is no database", where=where, remedy="restore it from a backup")
    if reach:
        return StoreError(
            "the database cannot be reached or written", where=where, remedy="check that it runs and may be written"
        )
    return StoreError(f"the database refused ({type(error).__name__})", where=where)


def _kept_busy(where: str) -> Busy:
    return Busy("another process keeps the database busy", where=where, remedy="do the same again")
