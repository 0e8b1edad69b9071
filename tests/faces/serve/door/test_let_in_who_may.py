"""Every address, asked by everyone: nobody, each role of one automation, each role of everything; of this automation and of that."""

import pytest

from mainspring import Workspace

from .conftest import AUTOMATIONS

ROLES = ("viewer", "operator", "approver", "admin")
HERE = "/v1/automations/{name}"
OPEN, OWN, ANYTHING, EVERYTHING = "open", "own", "anything", "everything"

# What each address needs, written down a second time: whoever adds or changes one says so here too.
NEEDED = {
    ("GET", "/healthz"): (None, OPEN),
    ("GET", "/readyz"): (None, OPEN),
    ("GET", "/v1/session"): (None, OPEN),
    ("POST", "/v1/session"): (None, OPEN),
    ("DELETE", "/v1/session"): (None, OPEN),
    ("GET", "/v1/automations"): ("viewer", ANYTHING),
    ("GET", HERE): ("viewer", OWN),
    ("GET", HERE + "/decisions/{decision}"): ("viewer", OWN),
    ("POST", HERE + "/decisions"): ("operator", OWN),
    ("POST", HERE + "/predictions"): ("operator", OWN),
    ("POST", HERE + "/feedback"): ("operator", OWN),
    ("POST", "/v1/topics/{name}"): ("operator", OWN),
    ("GET", HERE + "/decisions"): ("viewer", OWN),
    ("GET", HERE + "/live"): ("viewer", OWN),
    ("GET", HERE + "/versions"): ("viewer", OWN),
    ("GET", HERE + "/schema"): ("viewer", OWN),
    ("GET", HERE + "/openapi.json"): ("viewer", OWN),
    ("POST", HERE + "/promotions"): ("approver", OWN),
    ("POST", HERE + "/rollbacks"): ("approver", OWN),
    ("POST", HERE + "/deprecations"): ("admin", OWN),
    ("DELETE", HERE + "/deprecations"): ("admin", OWN),
    ("GET", "/metrics"): ("viewer", EVERYTHING),
    ("GET", "/v1/keys"): ("admin", EVERYTHING),
    ("POST", "/v1/keys"): ("admin", EVERYTHING),
    ("DELETE", "/v1/keys/{id}"): ("admin", EVERYTHING),
}
CALLERS = [(role, where) for role in ROLES for where in ("shop", "*")]


@pytest.fixture(scope="module")
def keys(space: Workspace) -> dict[tuple[str, str], str]:
    def roles(role: str, where: str) -> list[str]:
        return [role] if where == "*" else [f"{role}:{where}", f"{role}:topic:{where}"]

    return {(role, where): space.keys.new(role, roles(role, where))["key"] for role, where in CALLERS}


def test_every_address_is_in_the_table(nobody, keys) -> None:
    described = nobody.showing(keys["viewer", "shop"]).get("/openapi.json").json()["paths"]
    assert {(method.upper(), path) for path, methods in described.items() for method in methods} == set(NEEDED)


def ask(client, method: str, path: str, name: str) -> int:
    address = path.replace("{name}", name).replace("{decision}", "0").replace("{id}", "0")
    if path.endswith("/live"):
        address += "?after=x"  # what is let in is refused for that, and does not go on for ever
    return client.request(method, address, **({"json": {}} if method == "POST" else {})).status_code


@pytest.mark.parametrize("name", AUTOMATIONS)
@pytest.mark.parametrize(("method", "path"), NEEDED)
def test_nobody_gets_in_without_a_key(nobody, method: str, path: str, name: str) -> None:
    _, of = NEEDED[method, path]
    status = ask(nobody.showing(None), method, path, name)
    if path.startswith("/v1/topics"):
        assert status == 403  # signed events are another way in, and this gateway has no secret
    elif path == "/v1/session":
        assert status in (401, 422, 204)
    else:
        assert status == (200 if of == OPEN else 401)


@pytest.mark.parametrize("name", AUTOMATIONS)
@pytest.mark.parametrize(("role", "where"), CALLERS)
@pytest.mark.parametrize(("method", "path"), NEEDED)
def test_each_role_of_each_automation(nobody, keys, method: str, path: str, role: str, where: str, name: str) -> None:
    needed, of = NEEDED[method, path]
    status = ask(nobody.showing(keys[role, where]), method, path, name)
    high_enough = needed is None or ROLES.index(role) >= ROLES.index(needed)
    reaches = of in (OPEN, ANYTHING) or where == "*" or (of == OWN and where == name)
    if high_enough and reaches:
        assert status not in (401, 403, 500), status
    else:
        assert status == 403


def test_only_what_one_may_look_at_is_listed(nobody, keys) -> None:
    for where, seen in (("shop", ["shop"]), ("*", ["bank", "shop"])):
        client = nobody.showing(keys["viewer", where])
        assert sorted(entry["name"] for entry in client.get("/v1/automations").json()["automations"]) == seen
        assert sorted(client.get("/readyz").json()["automations"]) == seen
    assert nobody.get("/readyz").json()["automations"] == []


def test_whether_there_is_such_an_automation_is_not_told(nobody, keys) -> None:
    client = nobody.showing(keys["admin", "shop"])
    there, not_there = (client.get(f"/v1/automations/{name}").json() for name in ("bank", "bonk"))
    assert there["detail"].replace("bank", "bonk") == not_there["detail"]
    assert there["status"] == not_there["status"] == 403


@pytest.mark.parametrize(
    "path", ["/openapi.json", "/", "/nowhere", "/v1", "/v1/session/x", "/healthz/..", "//healthz", "/HEALTHZ"]
)
def test_what_is_not_there_is_closed_too(nobody, path: str) -> None:
    answer = nobody.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
