"""Several processes behind one port show one portal: whichever is asked, its pages are those of one process beside them."""

import os
import signal
import ssl
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from mainspring import Workspace

pytestmark = pytest.mark.slow
TALK = "/_nicegui_ws/socket.io/?EIO=4&transport=polling"


@pytest.fixture(scope="module")
def two(serve: Any, place: Path, served: str) -> Iterator[tuple[str, int]]:
    """Where two workers answer, and the process that began them."""
    with serve(place, "--workers", "2") as (url, process):
        yield url, process.pid
    assert process.returncode == 0


@pytest.fixture(scope="module")
def looking_at_two(two: tuple[str, int], browse: Any, keys: dict[str, str]) -> Iterator[Any]:
    with browse(two[0]) as made:
        made.sign_in(keys["admin"])
        yield made


def keeper(parent: int) -> int:
    """The process that keeps the pages."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    (found,) = [int(c) for c in children if b"MAINSPRING_WORKER=pages" in Path(f"/proc/{c}/environ").read_bytes()]
    return found


def bearing(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_pages_live_whichever_worker_is_asked(looking_at_two: Any) -> None:
    # Each look opens connections of its own, which the system hands to either worker.
    for _ in range(6):
        page = looking_at_two.at("/automations/retention/try")
        page.select_option("select[name=contract]", "Two year")
        page.wait_for_selector("text=bound by contract")
    page = looking_at_two.at("/automations/retention")
    page.wait_for_selector("text=The way of the data")
    assert looking_at_two.strays == []
    assert looking_at_two.complaints == []


def test_a_table_goes_through(looking_at_two: Any, declaration: Path) -> None:
    page = looking_at_two.at("/new")
    page.set_input_files("input[type=file]", declaration.parent / "customers.csv")
    page.wait_for_selector("text=What should be predicted?")


def test_pages_come_again_when_their_process_ended(looking_at_two: Any, two: tuple[str, int]) -> None:
    page = looking_at_two.at("/automations/retention/try")
    before = keeper(two[1])
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while True:
        try:
            if keeper(two[1]) != before:
                break
        except (ValueError, OSError):  # between two of them
            pass
        assert time.monotonic() < deadline
        time.sleep(0.1)
    page.reload()
    page.wait_for_selector("text=A record")
    page.select_option("select[name=contract]", "Two year")
    page.wait_for_selector("text=bound by contract")
    looking_at_two.complaints.clear()  # that the websocket broke, it says


def test_who_shows_no_key_sees_nothing(two: tuple[str, int]) -> None:
    url = two[0]
    for address in ("/", "/automations/retention", "/data"):
        page = httpx.get(url + address, headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["location"]) == (303, "/login")
    assert httpx.get(url + TALK).status_code == 401
    assert httpx.get(url + "/login").status_code == 200
    stolen = {"Cookie": "mainspring=made.up", "Accept": "text/html"}
    assert httpx.get(url + "/", headers=stolen).status_code == 303


def test_a_page_of_another_site_may_not_talk(two: tuple[str, int], keys: dict[str, str]) -> None:
    shown = bearing(keys["viewer"])
    assert httpx.get(two[0] + TALK, headers=shown | {"Origin": two[0]}, timeout=60).text.startswith("0{")
    assert httpx.get(two[0] + TALK, headers=shown | {"Origin": "https://elsewhere.example"}).status_code == 400


def test_what_is_asked_is_counted_once(two: tuple[str, int], place: Path) -> None:
    with Workspace(place) as workspace:
        key = workspace.keys.new("counted", ["viewer"], quota=10)["key"]
    ask = partial(httpx.get, two[0] + "/portal/live.js", headers=bearing(key), timeout=60)
    assert [ask().status_code for _ in range(10)] == [200] * 10
    # Each worker adds what it was asked once a second: were it counted where it is forwarded to as well, five would have been all.
    time.sleep(3)
    assert ask().status_code == 429


def test_an_empty_a_large_and_a_broken_off_request(two: tuple[str, int], keys: dict[str, str]) -> None:
    shown = bearing(keys["admin"])
    assert httpx.post(f"{two[0]}/portal/files?name=a.csv", headers=shown).status_code == 422
    large = b"a,b\n" + b"".join(b"%d,%d\n" % (i, i % 7) for i in range(400_000))
    told = httpx.post(f"{two[0]}/portal/files?name=large.csv", content=large, headers=shown, timeout=60)
    assert told.status_code == 201, told.text
    in_pieces = iter([b"a,b\n", b"1,2\n3,4\n"])
    assert httpx.post(f"{two[0]}/portal/files?name=p.csv", content=in_pieces, headers=shown).status_code == 201

    def breaking() -> Iterator[bytes]:
        yield b"a,b\n"
        raise ConnectionError("the line broke")

    with pytest.raises(ConnectionError, match="the line broke"):
        httpx.post(f"{two[0]}/portal/files?name=half.csv", content=breaking(), headers=shown)
    assert httpx.get(f"{two[0]}/portal/live.js", headers=shown).status_code == 200


def test_over_tls(serve: Any, place: Path, keys: dict[str, str], tmp_path: Path, self_signed: Any) -> None:
    certificate, key = self_signed(tmp_path)
    with serve(place, "--workers", "2", "--tls", str(certificate), str(key)) as (url, _):
        assert url.startswith("https://")
        trusting = ssl.create_default_context(cafile=str(certificate))
        with httpx.Client(base_url=url, verify=trusting, headers=bearing(keys["viewer"]), timeout=60) as client:
            page = client.get("/automations/retention")
            assert "Offer a discount" in page.text
            assert "max-age" in page.headers["strict-transport-security"]
            # Its pages come from https, though the process that keeps them is asked without.
            assert client.get(TALK, headers={"Origin": url}).text.startswith("0{")
