"""Each database test runs on SQLite, and in the slow group on a real PostgreSQL too."""

import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy

from mainspring.backends.store.database import Database
from mainspring.backends.store.lake import Lake
from mainspring.backends.store.outbox import Action
from mainspring.decision import Decision, Reason
from mainspring.event import Event

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'records.db'}"
        return
    server = sqlalchemy.make_url(request.getfixturevalue("postgres_url")).set(drivername="postgresql+psycopg")
    name = f"test_{uuid.uuid4().hex}"
    engine = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"create database {name}"))
    yield server.set(database=name, drivername="postgresql").render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"drop database {name} with (force)"))
    engine.dispose()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


@pytest.fixture
def decided() -> Callable[..., Decision]:
    """A decision of the automation ``retention``; what is not said is as usual."""

    def make(id: str, **facts: object) -> Decision:
        usual: dict = {"key": f"customer {id}", "action": "offer", "at": NOON, "record": {"tenure": 4}}
        usual |= {"prediction": "Yes", "probabilities": {"Yes": 0.7, "No": 0.3}, "gain": 42.5, "model_version": 1}
        usual |= {"reasons": (Reason("gain", "worth it"),), "policy_version": "p1"}
        return Decision(id=id, automation="retention", **{**usual, **facts})

    return make


@pytest.fixture
def offer() -> Callable[[Decision], Action]:
    """The action of a decision."""

    def make(decision: Decision) -> Action:
        event = Event(decision.id, "retention", "offer", decision.at, {"key": decision.key}, decision.key)
        return Action(event, "offer", {"webhook": "http://127.0.0.1:9/offers", "retry": 5})

    return make


@pytest.fixture
def child() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a Python process that runs ``code`` with ``arguments``; those still alive at the end are ended."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, *map(str, arguments)]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()
