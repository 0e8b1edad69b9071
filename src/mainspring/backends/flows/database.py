"""Database: where flows are kept: in a file of their own beside SQLite's, or in the store's PostgreSQL."""

from typing import Any

from sqlalchemy import URL, Engine, create_engine, event

from mainspring.backends.wal import use_wal
from mainspring.errors import MissingExtra

BUSY_SECONDS = 60


def open_engine(store: URL) -> Engine:
    """Of the database of flows that belongs to the store's.

    Raises:
        MissingExtra: its driver is not installed.
    """
    if store.get_backend_name() == "sqlite":
        return _sqlite(f"{str(store.database).removesuffix('.db')}-flows.db")
    try:
        return create_engine(store.set(drivername="postgresql+psycopg"), hide_parameters=True, pool_pre_ping=True)
    except ImportError as error:
        raise MissingExtra("psycopg", "postgres", "a PostgreSQL database") from error


def _sqlite(path: str) -> Engine:
    made = create_engine(f"sqlite:///{path}", hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})

    def connected(connection: Any, _record: object) -> None:
        use_wal(connection, BUSY_SECONDS)
        # Writers take their lock first and follow one another.
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    event.listen(made, "connect", connected)
    return made
