"""Files behind http addresses: a real server that redirects, refuses, and breaks off."""

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mainspring.automation.source import Source
from mainspring.errors import SourceError
from mainspring.steps.source.collect import collect
from mainspring.steps.source.reader import Surroundings

CSV = b"id,name\n1,a\n2,b\n"


def parquet() -> bytes:
    sink = BytesIO()
    pq.write_table(pa.table({"id": [1, 2]}), sink)
    return sink.getvalue()


class Handler(BaseHTTPRequestHandler):
    pages: ClassVar[dict[str, bytes]] = {
        "/orders.csv": CSV,
        "/orders.csv.gz": gzip.compress(CSV),
        "/orders.parquet": parquet(),
        "/large": b"id\n" + b"123456789\n" * 8_000_000,
        "/secret/orders.csv": CSV,
    }

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/moved":
            self.answer(302, b"", Location="/orders.csv")
        elif path == "/circle":
            self.answer(302, b"", Location="/circle")
        elif path == "/elsewhere":
            self.answer(302, b"", Location="file:///etc/hosts")
        elif path == "/cut.csv":
            self.answer(200, CSV, length=len(CSV) + 100)
        elif path == "/packed.csv":
            self.answer(200, gzip.compress(CSV), **{"Content-Encoding": "gzip"})
        elif path in self.pages:
            self.answer(200, self.pages[path])
        else:
            self.answer(404, b"")

    def answer(self, status: int, body: bytes, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def read(address: str, **more) -> pa.Table:
    return pa.Table.from_batches(collect(Source(table=address), Surroundings(Path(), **more)))


@pytest.mark.parametrize("path", ["orders.csv", "orders.csv.gz", "moved", "packed.csv", "orders.csv?token=hunter2"])
def test_read_a_file_of_the_web(site: str, path: str) -> None:
    assert read(f"{site}/{path}").to_pylist() == [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}]


def test_read_parquet_of_the_web(site: str) -> None:
    assert read(f"{site}/orders.parquet").column("id").to_pylist() == [1, 2]


def test_read_a_file_larger_than_is_kept_in_memory(site: str) -> None:
    assert read(f"{site}/large").num_rows == 8_000_000


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/cut.csv", "cut short by the server"),
        ("/missing.csv?token=hunter2", "answered 404 Not Found"),
        ("/circle", "cannot be fetched"),
        ("/elsewhere", "cannot be fetched"),
    ],
)
def test_a_failed_download_is_explained(site: str, path: str, said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        read(site + path)
    assert "hunter2" not in str(caught.value)


def test_nobody_answers() -> None:
    with pytest.raises(SourceError, match="ConnectError") as caught:
        read("http://me:hunter2@127.0.0.1:1/x.csv")
    assert "http://me:***@127.0.0.1:1/x.csv" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_secret_in_the_path_comes_from_the_environment(site: str) -> None:
    assert read(site + "/${FOLDER}/orders.csv", environment={"FOLDER": "secret"}).num_rows == 2
    with pytest.raises(SourceError, match="404") as caught:
        read(site + "/${FOLDER}/orders.csv", environment={"FOLDER": "hunter2"})
    assert "hunter2" not in str(caught.value)
