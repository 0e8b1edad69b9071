"""Nobody sees or does what their key does not allow; whoever shows none is sent to the log-in page."""

from typing import Any

import httpx
import pytest

from mainspring.faces.portal.kinds import PAGES

pytestmark = pytest.mark.slow
FILLED = {"{name}": "retention", "{table}": "retention.raw", "{id}": "0" * 32, "{upload}": "0" * 32}
SECRET = "The way of the data"


def addresses() -> list[str]:
    found = []
    for address in PAGES:
        for part, value in FILLED.items():
            address = address.replace(part, value)
        found.append(address)
    return found


@pytest.mark.parametrize("address", addresses())
def test_every_page_asks_for_a_key(served: str, address: str) -> None:
    page = httpx.get(served + address, headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/login")
    assert httpx.get(served + address).status_code == 401


@pytest.mark.parametrize(
    "address", ["/_nicegui_ws/socket.io/?EIO=4&transport=polling", "/portal/report/retention/1", "/portal/live.js"]
)
def test_what_pages_load_asks_for_a_key_too(served: str, address: str) -> None:
    assert httpx.get(served + address).status_code == 401


@pytest.mark.parametrize("address", [one for one in addresses() if "retention" in one or one.startswith("/new")])
def test_a_key_of_another_automation_opens_no_page_of_this(served: str, keys: dict[str, str], address: str) -> None:
    page = httpx.get(served + address, headers={"Authorization": f"Bearer {keys['stranger']}"}, timeout=60)
    assert "this needs the role" in page.text
    assert "Offer a discount" not in page.text


def test_files_ask_for_the_role_of_what_they_are_of(served: str, keys: dict[str, str]) -> None:
    stranger, viewer = ({"Authorization": f"Bearer {keys[name]}"} for name in ("stranger", "viewer"))
    assert httpx.get(f"{served}/portal/report/retention/1", headers=stranger).status_code == 403
    assert httpx.get(f"{served}/portal/report/retention/1", headers=viewer).status_code == 200
    assert httpx.post(f"{served}/portal/files?name=a.csv", content=b"a,b\n1,2\n", headers=viewer).status_code == 403


def test_a_wrong_key_is_told_and_a_right_one_opens(looking: Any, keys: dict[str, str]) -> None:
    page = looking.page
    page.context.clear_cookies()
    page.goto(looking.url + "/automations/retention")
    page.wait_for_selector("text=Sign in to Mainspring")
    page.fill("#key", "ms_wrong_key")
    page.click("button:has-text('Sign in')")
    page.wait_for_selector("text=not known here")
    looking.picture("login-light")
    assert looking.findings() == []
    page = looking.at("/login", language="zh", theme="dark", width=390)
    assert looking.findings() == []
    page = looking.at("/login")
    looking.sign_in(keys["viewer"])
    cookie = next(one for one in page.context.cookies() if one["name"] == "mainspring")
    assert cookie["httpOnly"]
    page.click("button:has-text('Sign out')")
    page.wait_for_url("**/login")
    page.goto(looking.url + "/")
    page.wait_for_url("**/login")
    looking.sign_in(keys["admin"])


def test_a_viewer_looks_and_changes_nothing(looking: Any, keys: dict[str, str]) -> None:
    looking.sign_in(keys["viewer"])
    page = looking.at("/automations/retention/runs")
    page.click("button:has-text('Run again')")
    page.wait_for_selector("text=this needs the role approver")
    page = looking.at("/new")
    assert "admin" in page.inner_text(".lead")
    looking.sign_in(keys["admin"])
