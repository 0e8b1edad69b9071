"""Keys: shown, wrong, revoked, expired, used up; and what browsers are told."""

import logging
from datetime import timedelta

import pytest

from mainspring import Workspace
from mainspring.errors import NotFound, SpecError
from mainspring.run.access import keys as keys_module
from mainspring.run.access.roles import Caller, Role, grants_of

from .conftest import ORIGIN

DECISIONS = "/v1/automations/shop/decisions"


def test_who_one_is(nobody, space: Workspace) -> None:
    made = space.keys.new("till", ["viewer", "operator:shop"])
    told = nobody.showing(made["key"]).get("/v1/session").json()
    assert told == {"name": "till", "id": made["id"], "roles": {"*": "viewer", "shop": "operator"}}


@pytest.mark.parametrize(
    "header",
    [
        "Bearer", "Bearer ", "Bearer x", "Basic dXNlcjpwYXNz", "Bearer ms__", "Bearer ms_a_b_c", "Bearer ms_0000000000_" + "0" * 48,
        "Bearer a.b.c", "Bearer " + "x" * 20_000, "bearer ms_\x00_\x01", b"Bearer \xff\xfe", b"Bearer ms_\xe9_\xe9", "Bearer ms",
    ],
)  # fmt: skip
def test_what_is_no_key(nobody, header: str | bytes) -> None:
    raw = header if isinstance(header, bytes) else header.encode()
    answer = nobody.get("/v1/automations", headers=[(b"authorization", raw)])
    assert answer.status_code == 401
    assert "xxxx" not in answer.text


def test_a_key_that_is_nearly_right(nobody, space: Workspace) -> None:
    key = space.keys.new("near", ["admin"])["key"]
    for wrong in (
        key[:-1],
        key + "0",
        key[:-1] + ("0" if key[-1] != "0" else "1"),
        key.upper(),
        key.replace("ms_", "sm_"),
    ):
        assert nobody.showing(wrong).get("/v1/automations").status_code == 401
    assert nobody.showing(key).get("/v1/automations").status_code == 200


def test_a_revoked_key_is_refused(nobody, space: Workspace) -> None:
    admin = nobody.showing(space.keys.new("boss", ["admin"])["key"])
    made = admin.post("/v1/keys", json={"name": "till", "roles": ["operator:shop"]}).json()
    till = nobody.showing(made["key"])
    assert till.post(DECISIONS, json={"record": {"age": 70}}).status_code == 200
    revoked = admin.delete(f"/v1/keys/{made['id']}")
    assert revoked.json()["state"] == "revoked"
    assert till.post(DECISIONS, json={"record": {"age": 70}}).status_code == 401
    assert made["key"] not in admin.get("/v1/keys").text


def test_an_expired_key_is_refused(nobody, space: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    key = space.keys.new("guest", ["viewer"], lasts="1h")["key"]
    guest = nobody.showing(key)
    assert guest.get("/v1/automations").status_code == 200

    class Later(keys_module.datetime):
        @classmethod
        def now(cls, tz=None):
            return super().now(tz) + timedelta(hours=2)

    monkeypatch.setattr(keys_module, "datetime", Later)
    assert guest.get("/v1/automations").status_code == 401


def test_a_rate_and_a_quota(nobody, space: Workspace) -> None:
    hasty = nobody.showing(space.keys.new("hasty", ["viewer"], rate=0.5)["key"])
    assert [hasty.get("/v1/automations").status_code for _ in range(2)] == [200, 429]
    refused = hasty.get("/v1/automations")
    assert refused.headers["content-type"] == "application/problem+json"
    assert 1 <= int(refused.headers["retry-after"]) <= 2
    bounded = nobody.showing(space.keys.new("bounded", ["viewer"], quota=3)["key"])
    assert [bounded.get("/v1/automations").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert int(bounded.get("/v1/automations").headers["retry-after"]) <= 86_400


def test_a_quota_holds_over_all_processes(nobody, space: Workspace) -> None:
    made = space.keys.new("bounded", ["viewer"], quota=3)
    client = nobody.showing(made["key"])
    assert client.get("/v1/automations").status_code == 200
    today = keys_module.day_of(keys_module.datetime.now(keys_module.UTC))
    space.keys.use(today, {made["id"]: 3})
    nobody.served.state.gateway.access.refresh()
    assert client.get("/v1/automations").status_code == 429


def test_no_key_is_kept_or_logged(nobody, space: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made = space.keys.new("quiet", ["operator"])
    secret = made["key"].rsplit("_", 1)[1]
    nobody.showing(made["key"]).post(DECISIONS, json={"record": {"age": [1]}})
    nobody.showing(made["key"] + "0").get("/v1/automations")
    nobody.post("/v1/session", json={"key": made["key"], "more": 1})
    assert secret not in caplog.text
    files = [path for path in space.place.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if secret.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("name", "roles", "more"),
    [
        ("x", ["wiever"], {}), ("x", [], {}), ("", ["viewer"], {}), ("x", ["viewer:"], {}), ("x", ["viewer"], {"lasts": "soon"}),
        ("x", ["viewer"], {"rate": 0}), ("x", ["viewer"], {"rate": float("nan")}), ("x", ["viewer"], {"quota": 0}),
        ("x", ["viewer"], {"lasts": "1e400 days"}),
    ],
)  # fmt: skip
def test_what_no_key_can_be(space: Workspace, name: str, roles: list[str], more: dict) -> None:
    with pytest.raises(SpecError):
        space.keys.new(name, roles, **more)


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "x"}, {"name": "x", "roles": "admin"}, {"name": "x", "roles": ["boss"]}, {"name": 1, "roles": []},
     {"name": "x", "roles": ["viewer"], "quota": True}, {"name": "x", "roles": ["viewer"], "more": 1}, [], 7],
)  # fmt: skip
def test_what_no_key_can_be_over_http(nobody, space: Workspace, body: object) -> None:
    admin = nobody.showing(space.keys.new("boss", ["admin"])["key"])
    answer = admin.post("/v1/keys", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_unknown_key_cannot_be_revoked(space: Workspace) -> None:
    with pytest.raises(NotFound):
        space.keys.revoke("0000")


def test_a_role_may_what_lower_ones_may() -> None:
    caller = Caller("x", "x", grants_of(["viewer", "approver:shop", "operator:shop"]))
    assert caller.role("shop") is Role.APPROVER
    assert [caller.may(role, "shop") for role in Role] == [True, True, True, False]
    assert [caller.may(role, "bank") for role in Role] == [True, False, False, False]
    assert caller.may_anywhere("approver")
    assert not caller.may("operator")


def test_browsers_are_kept_from_harm(nobody) -> None:
    headers = nobody.get("/healthz").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers


def test_pages_of_other_sites_may_ask_when_they_are_named(nobody) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}

    def preflight(origin: str):
        return nobody.request("OPTIONS", DECISIONS, headers={"Origin": origin, **asked})

    assert preflight(ORIGIN).headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in preflight("https://evil.example").headers
    assert "access-control-allow-credentials" not in preflight(ORIGIN).headers
