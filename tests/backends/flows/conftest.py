"""Flows on SQLite, and in the slow group on a real PostgreSQL too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mainspring.backends.flows.flows import Durable, Flows, Means
from mainspring.backends.store.database import Database
from mainspring.backends.store.json_text import from_text, to_text


@pytest.fixture
def durable(database: Database, database_url: str) -> Iterator[Durable]:
    flows = Flows(Means(database_url, to_text, from_text, database.alone, "1"))
    yield flows.open()
    flows.close()


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"
