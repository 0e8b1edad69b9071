"""An automation is said to end: every answer about it says so, its description too, and it goes on answering."""

import json
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring import Automation, Workspace
from mainspring.errors import MainspringError, NotFound, SpecError
from mainspring.faces.serve.gateway import NOTICED
from mainspring.faces.serve.trail.deprecated import headers_of
from mainspring.run.contract.deprecation import Deprecation

HERE = "/v1/automations/old"
SAID = ("deprecation", "sunset", "link")


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("ending")
    (folder / "people.csv").write_text("id,age\n1,20\n2,70\n", encoding="utf-8")
    with Workspace(folder / "space") as opened:
        for name in ("old", "new"):
            source = {"table": str(folder / "people.csv"), "key": "id"}
            decide = {"rules": [{"if": "age > 60", "then": "call", "because": "older"}]}
            declared = {"name": name, "source": source, "decide": decide, "act": {"call": {"file": "calls.jsonl"}}}
            opened.run(Automation.model_validate(declared))
        yield opened


@pytest.fixture
def client(space: Workspace, begun) -> Iterator:
    """A gateway that was just begun: it has not looked yet."""
    with begun(space, space.keys.new("tests", ["admin"])["key"], learning=False, streams=False) as client:
        yield client


@pytest.fixture
def ended(space: Workspace) -> Iterator[None]:
    told = {"since": "2026-06-01", "sunset": "2099-06-01T12:00+02:00", "instead": "new"}
    space.contracts.deprecations.say("old", told)
    yield
    if space.contracts.deprecations.of("old") is not None:
        space.contracts.deprecations.withdraw("old")


@pytest.mark.usefixtures("ended")
def test_every_answer_says_so(client) -> None:
    asked = {"record": {"id": "1", "age": 70}}
    for answer in (
        client.post(f"{HERE}/decisions", json=asked),
        client.post(f"{HERE}/decisions", json={"records": [asked["record"]]}),
        client.get(HERE),
        client.get(f"{HERE}/schema"),
        client.post(f"{HERE}/decisions", json={"record": {"age": "a lot"}}),
    ):
        assert answer.status_code in (200, 422)
        assert answer.headers["deprecation"] == f"@{int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())}"
        assert parsedate_to_datetime(answer.headers["sunset"]) == datetime(2099, 6, 1, 10, tzinfo=UTC)
        assert answer.headers["link"] == (
            f'<{HERE}/schema>; rel="deprecation", </v1/automations/new>; rel="successor-version"'
        )
    for path in ("/v1/automations/new", "/v1/automations/nobody", "/v1/automations", "/healthz"):
        assert not set(SAID) & set(client.get(path).headers), path


@pytest.mark.usefixtures("ended")
def test_who_may_not_look_is_not_told(client, space: Workspace) -> None:
    other = client.showing(space.keys.new("other", ["viewer:new"])["key"])
    assert (answer := other.get(HERE)).status_code == 403
    assert not set(SAID) & set(answer.headers)
    assert not set(SAID) & set(client.showing(None).get(HERE).headers)


@pytest.mark.usefixtures("ended")
def test_its_description_says_so(client) -> None:
    own = client.get(f"{HERE}/openapi.json").json()
    assert all(told["deprecated"] for methods in own["paths"].values() for told in methods.values())
    assert own["components"]["schemas"]["Record"]["deprecated"] is True
    contract = client.get(f"{HERE}/schema").json()
    assert contract["deprecated"] == {
        "since": "2026-06-01T00:00:00+00:00", "sunset": "2099-06-01T10:00:00+00:00", "instead": "new", "link": None,
    }  # fmt: skip
    other = client.get("/v1/automations/new/openapi.json").json()
    assert not any("deprecated" in told for methods in other["paths"].values() for told in methods.values())
    assert client.get("/v1/automations/new/schema").json()["deprecated"] is None
    described = client.get("/openapi.json").json()["paths"]["/v1/automations/{name}/decisions"]["post"]
    assert {"Deprecation", "Sunset", "Link"} <= set(described["responses"]["200"]["headers"])
    assert "deprecated" not in described  # of all automations, that is not so


def test_what_is_said_and_withdrawn_elsewhere_is_noticed(client, space: Workspace, monkeypatch) -> None:
    ask: Callable[[], httpx.Response] = partial(client.get, HERE)
    assert "deprecation" not in ask().headers
    space.contracts.deprecations.say("old", {"link": "https://shop.example/news#old"})
    gateway = client.served.state.gateway
    gateway._noticed -= NOTICED  # so much later
    assert ask().headers["link"] == '<https://shop.example/news#old>; rel="deprecation"'
    assert "sunset" not in ask().headers
    space.contracts.deprecations.withdraw("old")
    gateway._noticed -= NOTICED
    assert "deprecation" not in ask().headers


@pytest.mark.usefixtures("ended")
def test_a_client_that_was_made_warns(client, space: Workspace, tmp_path: Path) -> None:
    (tmp_path / "old_client.py").write_text(space.contracts.client("old"), encoding="utf-8")
    module = runpy.run_path(str(tmp_path / "old_client.py"), run_name="old_client")
    answer = client.get(f"{HERE}/decisions/none")

    def answers(request: httpx.Request) -> httpx.Response:
        body = {"decision": "1", "action": "none"}
        return httpx.Response(200, json=body, headers={name: answer.headers[name] for name in SAID})

    with module["Client"]("http://gateway", "key", transport=httpx.MockTransport(answers)) as made:
        with pytest.warns(
            DeprecationWarning, match=r"old is deprecated; sunset: .* 2099 .*/v1/automations/new"
        ) as told:
            made.decide({"age": 1})
        assert told[0].filename == __file__


def command(space: Workspace, *options: str) -> subprocess.CompletedProcess[str]:
    told = [sys.executable, "-m", "mainspring", "deprecate", *options, "-w", str(space.place)]
    return subprocess.run(told, capture_output=True, text=True, timeout=60, check=False)


def test_on_the_command_line(space: Workspace) -> None:
    ran = command(space, "old", "--since", "2026-12-01", "--sunset", "2027-06-01", "--instead", "new", "--json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["deprecated"]["sunset"] == "2027-06-01T00:00:00+00:00"
    assert space.contracts.deprecations.of("old") is not None
    assert "new" in command(space, "old", "--instead", "new").stdout
    refused = command(space, "old", "--sunset", "soon")
    assert refused.returncode == 2
    assert "write 2027-06-01" in refused.stderr
    assert command(space, "old", "--withdraw", "--sunset", "2027-01-01").returncode == 2
    assert command(space, "old", "--withdraw").returncode == 0
    assert command(space, "old", "--withdraw").returncode == 2
    said = [one["what"] for one in space.models.changes("old")]
    assert said[:3] == ["no longer deprecated", "deprecated", "deprecated"]


@pytest.mark.parametrize(
    ("told", "where"),
    [
        ({"since": "2027-01-01", "sunset": "2026-01-01"}, "sunset"),
        ({"since": "tomorrow"}, "since"),
        ({"sunset": "0001-01-01T00:00+23:00"}, "sunset"),
        ({"instead": "old"}, "instead"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": 'https://x/"><b>'}, "link"),
        ({"link": "https://x/\r\nSet-Cookie: a=b"}, "link"),
        ({"link": "https://x/" + "a" * 3000}, "link"),
        ({"link": "https://例子.cn/"}, "link"),
    ],
)
def test_what_cannot_be_is_refused(space: Workspace, told: dict[str, str], where: str) -> None:
    with pytest.raises(SpecError) as error:
        space.contracts.deprecations.say("old", told)
    assert error.value.where == where
    assert space.contracts.deprecations.of("old") is None


def test_names_that_do_not_exist_are_refused(space: Workspace) -> None:
    for name, told in (("nobody", {}), ("old", {"instead": "nobody"})):
        with pytest.raises(NotFound):
            space.contracts.deprecations.say(name, told)
    for name in ("old", "nobody"):
        with pytest.raises(NotFound):
            space.contracts.deprecations.withdraw(name)


@given(st.text(), st.text())
def test_no_header_is_broken_by_what_was_said(space_of_session: Workspace, since: str, link: str) -> None:
    try:
        told = space_of_session.contracts.deprecations.say("old", {"since": since, "link": f"https://{link}"})
    except MainspringError:
        return
    for _, value in headers_of("old", told):
        assert value.isascii()
        assert not set(value) & set(b"\r\n\x00")
    space_of_session.contracts.deprecations.withdraw("old")


@pytest.fixture(scope="module")
def space_of_session(space: Workspace) -> Workspace:
    return space


def test_what_is_kept_is_read() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for one in (Deprecation(at), Deprecation(at, at, "new", "https://x/")):
        assert Deprecation.from_dict(json.loads(json.dumps(one.to_dict()))) == one
