"""A browser shows its key once; a signed cookie remembers it, and no page of another site can use it."""

import base64
import json

import pytest

from mainspring import Workspace

DECISIONS = "/v1/automations/shop/decisions"
OURS, STRANGE = {"Origin": "http://gateway"}, {"Origin": "http://evil.example"}


@pytest.fixture
def browser(nobody, space: Workspace):
    """A browser that has logged in with an operator's key."""
    made = space.keys.new("person", ["operator:shop"])
    browser = nobody.showing(None)
    answer = browser.post("/v1/session", json={"key": made["key"]}, headers=OURS)
    assert answer.json() == {"name": "person", "id": made["id"], "roles": {"shop": "operator"}}
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert made["key"] not in cookie
    browser.id = made["id"]
    return browser


def test_a_session_lets_in(browser) -> None:
    assert browser.get("/v1/session").json()["name"] == "person"
    assert browser.get("/v1/automations/shop").status_code == 200
    assert browser.get("/v1/automations/bank").status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (OURS, 200), ({"Sec-Fetch-Site": "same-origin"}, 200), (STRANGE, 403), ({"Origin": "null"}, 403), ({}, 403),
        ({"Sec-Fetch-Site": "cross-site", **OURS}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403), ({"Origin": "http://gateway.evil.example"}, 403),
        ({"Origin": "https://shop.example"}, 200),
    ],
)  # fmt: skip
def test_other_sites_cannot_use_it(browser, headers: dict[str, str], status: int) -> None:
    assert browser.post(DECISIONS, json={"record": {"age": 70}}, headers=headers).status_code == status


def test_other_sites_cannot_log_a_browser_in(nobody, space: Workspace) -> None:
    key = space.keys.new("evil", ["viewer"])["key"]
    assert nobody.showing(None).post("/v1/session", json={"key": key}, headers=STRANGE).status_code == 403


def test_logged_out(browser) -> None:
    assert browser.delete("/v1/session", headers=OURS).status_code == 204
    assert browser.get("/v1/session").status_code == 401


def test_a_session_ends_with_its_key(browser, space: Workspace) -> None:
    space.keys.revoke(browser.id)
    browser.served.state.gateway.access.refresh()
    assert browser.get("/v1/automations").status_code == 401


@pytest.mark.parametrize("key", ["", "x", "ms_0_0", "a.b.c", "é", "\x00"])
def test_a_wrong_key(nobody, key: str) -> None:
    answer = nobody.showing(None).post("/v1/session", json={"key": key}, headers=OURS)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_a_cookie_that_was_made_up(nobody, browser) -> None:
    def cookie(told: object, signature: str) -> str:
        return base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode() + "." + signature

    boss = {"id": "oidc:me", "name": "boss", "grants": {"*": "admin"}, "ends": 9e9}
    for made_up in (
        cookie(boss, "0" * 64),
        cookie(boss, ""),
        "x",
        ".",
        "a.b.c",
        "é" * 10,
        "x" * 100_000,
        cookie([], "0"),
    ):
        answer = nobody.showing(None).get(
            "/v1/automations", headers=[(b"cookie", b"mainspring=" + made_up.encode("utf-8"))]
        )
        assert answer.status_code == 401
