"""A folder and a database are asked again and again; what is new is decided on, once."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mainspring import Workspace
from mainspring.automation.source import Source

RULES = "decide: {rules: [{if: 'amount > 40', then: hold}]}\n"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "space") as space:
        yield space


def write(folder: Path, name: str, first: int, count: int) -> None:
    rows = "".join(f"C{n},{n}\n" for n in range(first, first + count))
    (folder / name).write_text("customer,amount\n" + rows, encoding="utf-8")


def declared(tmp_path: Path, source: str) -> Path:
    path = tmp_path / "inbox.yaml"
    path.write_text(f"name: inbox\nsource: {{{source}, key: customer, every: 200ms}}\n{RULES}", encoding="utf-8")
    return path


def decided(space: Workspace) -> int:
    return sum(space.status("inbox")["by_action"].values())


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_files_that_appear(opened: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    write(folder, "a.csv", 0, 10)
    opened.run(declared(tmp_path, f"table: '{folder}'"))
    worker = threading.Thread(target=opened.streams.run, args=("inbox",))
    worker.start()
    try:
        time.sleep(0.6)
        write(folder, "b.csv", 10, 50)
        wait_for(lambda: decided(opened) == 50)
        (folder / "broken.parquet").write_bytes(b"PAR1 and nothing else")
        write(folder, "c.csv", 100, 5)
        wait_for(lambda: decided(opened) == 55)
        wait_for(lambda: "inbox.arrivals.dead" in {row["topic"] for row in opened.topics.list()})
    finally:
        opened.streams.stop()
        worker.join()
    (letter,) = opened.topics.show("inbox.arrivals.dead")["newest"]
    assert letter["data"]["file"].endswith("broken.parquet")
    assert {one["subject"] for one in opened.topics.show("inbox.decisions", newest=100)["newest"]} >= {
        "C10",
        "C59",
        "C104",
    }


def test_rows_of_a_database(opened: Workspace, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as shop:
        shop.execute("create table orders (id integer, customer text, amount real)")
        shop.executemany("insert into orders values (?, ?, ?)", [(n, f"C{n}", n) for n in range(20)])
        shop.commit()
        opened.run(declared(tmp_path, f"table: 'sqlite:///{tmp_path / 'shop.db'}', query: orders, since: id"))
        assert opened.streams.run("inbox", drain=True)["decided"] == 0
        shop.executemany("insert into orders values (?, ?, ?)", [(n, f"C{n}", n) for n in range(20, 75)])
        shop.commit()
        assert opened.streams.run("inbox", drain=True)["decided"] == 55
        assert opened.streams.run("inbox", drain=True)["decided"] == 0
    shop.close()


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ({"table": "topic:orders", "every": "5s"}, "by themselves"), ({"table": "x.csv", "events": "topic:x", "every": 5}, "by themselves"),
        ({"sql": "select 1", "every": "5s"}, "outside the lake"), ({"table": "lake:a.raw", "every": "5s"}, "outside the lake"),
        ({"table": "postgresql://h/d", "every": "5s"}, "since"), ({"table": "topic:orders", "since": "id"}, "since"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_again(source: dict, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        Source.model_validate(source)
