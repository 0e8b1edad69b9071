"""One field of a record is said to end: the contract says so, whoever still sends it is told, and it goes on being read."""

import json
import runpy
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring import Automation, Workspace
from mainspring.errors import NotFound, SpecError
from mainspring.faces.serve.trail.deprecated import items_of
from mainspring.run.contract.deprecation import Deprecation

HERE = "/v1/automations/shop"
SINCE = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("fields")
    (folder / "people.csv").write_text("id,age,years,名\n1,20,20,甲\n2,70,70,乙\n", encoding="utf-8")
    rule = {"if": "age > 60 or years > 60 or 名 == '丙'", "then": "call", "because": "older"}
    with Workspace(folder / "space") as opened:
        source = {"table": str(folder / "people.csv"), "key": "id", "events": "topic:people"}
        act = {"call": {"file": str(folder / "calls.jsonl")}}
        opened.run(
            Automation.model_validate({"name": "shop", "source": source, "decide": {"rules": [rule]}, "act": act})
        )
        yield opened


@pytest.fixture
def client(space: Workspace, begun) -> Iterator:
    with begun(space, space.keys.new("tests", ["admin"])["key"], learning=False, streams=False) as client:
        yield client


@pytest.fixture
def ended(space: Workspace) -> Iterator[None]:
    said = space.contracts.deprecations
    said.say_of_field("shop", "age", {"since": "2026-06-01", "sunset": "2027-06-01", "instead": "years"})
    yield
    for field in said.fields_of("shop"):
        said.withdraw_of_field("shop", field)


@pytest.mark.usefixtures("ended")
@pytest.mark.parametrize("what", ["decisions", "predictions"])
def test_who_sends_it_is_told_and_who_does_not_is_not(client, what: str) -> None:
    def header(body: dict) -> str | None:
        return client.post(f"{HERE}/{what}", json=body).headers.get("deprecated-fields")

    told = f'"age";since=@{SINCE};sunset=@{int(datetime(2027, 6, 1, tzinfo=UTC).timestamp())};instead="years"'
    assert header({"record": {"id": "1", "age": 70}}) == told
    assert header({"records": [{"id": "1"}, {"id": "2", "age": "a lot"}, 7]}) == told
    assert header({"record": {"id": "1", "years": 70}}) is None
    assert header({"records": ["age", ["age"], None]}) is None


@pytest.mark.usefixtures("ended")
def test_who_sends_it_in_an_event_is_told_too(client, space: Workspace) -> None:
    def header(topic: str, body: object) -> str | None:
        answer = client.post(f"/v1/topics/{topic}", json=body)
        assert answer.status_code == 202, answer.text
        return answer.headers.get("deprecated-fields")

    event = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "data": {"id": "1", "age": 70}}
    assert header("people", {"id": "1", "age": 70}) == header("people", [{"id": "1"}, event])
    assert str(header("people", event)).startswith(f'"age";since=@{SINCE}')
    assert 'mainspring_deprecated_fields_total{automation="shop",field="age"} 3.0' in client.get("/metrics").text
    assert header("people", {"id": "1", "years": 70}) is None
    assert header("people", {**event, "age": 1, "data": {"years": 70}}) is None
    assert header("others", {"id": "1", "age": 70}) is None
    assert client.post("/v1/topics/people", json={**event, "data": "age"}).headers.get("deprecated-fields") is None
    described = client.get("/openapi.json").json()["paths"]["/v1/topics/{name}"]["post"]["responses"]["202"]
    assert "Deprecated-Fields" in described["headers"]
    space.contracts.deprecations.withdraw_of_field("shop", "age")


@pytest.mark.usefixtures("ended")
def test_it_goes_on_being_read(client) -> None:
    answer = client.post(f"{HERE}/decisions", json={"record": {"id": "read", "age": 70}, "durable": False})
    assert answer.json()["action"] == "call"
    assert "deprecation" not in answer.headers  # the automation itself goes on
    text = client.get("/metrics").text
    assert 'mainspring_deprecated_fields_total{automation="shop",field="age"} 1.0' in text


@pytest.mark.usefixtures("ended")
def test_the_contract_says_so(client, space: Workspace) -> None:
    contract = client.get(f"{HERE}/schema").json()
    assert contract["deprecated"] is None
    assert contract["deprecated_fields"]["age"]["instead"] == "years"
    fields = contract["record"]["properties"]
    assert fields["age"]["deprecated"] is True
    assert "deprecated since 2026-06-01, years is to be sent instead" in fields["age"]["description"]
    assert "deprecated" not in fields["years"]
    assert all("age" not in example for example in contract["record"].get("examples", ()))
    described = client.get(f"{HERE}/openapi.json").json()
    assert described["components"]["schemas"]["Record"]["properties"]["age"]["deprecated"] is True
    asked = described["paths"][f"{HERE}/decisions"]
    assert "Deprecated-Fields" in asked["post"]["responses"]["200"]["headers"]
    assert "Deprecated-Fields" not in asked["get"]["responses"]["200"]["headers"]
    space.contracts.deprecations.withdraw_of_field("shop", "age")
    assert "deprecated" not in client.get(f"{HERE}/schema").json()["record"]["properties"]["age"]


@pytest.mark.usefixtures("ended")
def test_a_client_that_was_made_says_so_and_warns(client, space: Workspace, tmp_path: Path) -> None:
    source = space.contracts.client("shop")
    assert "# deprecated since 2026-06-01, years is to be sent instead" in source
    (tmp_path / "shop_client.py").write_text(source, encoding="utf-8")
    module = runpy.run_path(str(tmp_path / "shop_client.py"), run_name="shop_client")
    real = client.post(f"{HERE}/decisions", json={"record": {"id": "1", "age": 3}})

    def answers(request: httpx.Request) -> httpx.Response:
        told = {"deprecated-fields": real.headers["deprecated-fields"]} if b"age" in request.content else {}
        return httpx.Response(200, json=real.json(), headers=told)

    with module["Client"]("http://gateway", "key", transport=httpx.MockTransport(answers)) as made:
        made.decide({"years": 3})
        with pytest.warns(DeprecationWarning, match='shop: .* not be sent any more: "age"') as told:
            made.decide({"age": 3})
        assert told[0].filename == __file__


def test_over_http_with_who_said_so(client, space: Workspace) -> None:
    asked = {"field": "age", "sunset": "2099-01-01", "instead": "years", "link": "https://shop.example/news"}
    made = client.post(f"{HERE}/deprecations", json=asked)
    assert made.status_code == 200, made.text
    assert (made.json()["field"], made.json()["deprecated"]["instead"]) == ("age", "years")
    assert space.contracts.deprecations.fields_of("shop").keys() == {"age"}
    assert client.delete(f"{HERE}/deprecations?field=age").json()["deprecated"] is None
    assert client.delete(f"{HERE}/deprecations?field=age").status_code == 404
    whole = client.post(f"{HERE}/deprecations", json={"since": "2099-01-01"})
    assert (whole.status_code, whole.json()["field"]) == (200, None)
    assert space.contracts.deprecations.of("shop") is not None
    assert client.delete(f"{HERE}/deprecations").status_code == 200
    said = [(one["what"], one["facts"].get("field"), one["by"][:7]) for one in space.models.changes("shop")][:4]
    assert said == [
        ("no longer deprecated", None, "tests ("), ("deprecated", None, "tests ("),
        ("a field is no longer deprecated", "age", "tests ("), ("deprecated a field", "age", "tests ("),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"field": "agee"}, 404), ({"field": "age", "instead": "agee"}, 404), ({"field": "age", "instead": "age"}, 422),
        ({"field": "age", "since": "soon"}, 422), ({"field": "age", "link": "javascript:alert(1)"}, 422),
        ({"field": "age", "since": "2027-01-01", "sunset": "2026-01-01"}, 422), ({"field": 7}, 422), ({"fields": "age"}, 422),
        ({"field": "a" * 600}, 422), ([], 422), ({"field": "age\u0000"}, 404), ({"instead": "nobody"}, 404),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(client, space: Workspace, body: object, status: int) -> None:
    answer = client.post(f"{HERE}/deprecations", json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (space.contracts.deprecations.of("shop"), space.contracts.deprecations.fields_of("shop")) == (None, {})


def test_on_the_command_line(space: Workspace) -> None:
    def command(*options: str) -> subprocess.CompletedProcess[str]:
        told = [sys.executable, "-m", "mainspring", "deprecate", "shop", *options, "-w", str(space.place)]
        return subprocess.run(told, capture_output=True, text=True, timeout=60, check=False)

    ran = command("--field", "名", "--instead", "years", "--json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["field"] == "名"
    refused = command("--field", "agee")
    assert refused.returncode == 2
    assert "age" in refused.stderr
    assert "the field 名 of shop is not deprecated any more" in command("--field", "名", "--withdraw").stderr
    assert command("--field", "名", "--withdraw").returncode == 2


def test_names_and_reasons_that_do_not_exist_are_refused(space: Workspace) -> None:
    said = space.contracts.deprecations
    for name, field, told in (("nobody", "age", {}), ("shop", "agee", {}), ("shop", "age", {"instead": "agee"})):
        with pytest.raises(NotFound):
            said.say_of_field(name, field, told)
    with pytest.raises(SpecError, match="stand in for itself"):
        said.say_of_field("shop", "age", {"instead": "age"})
    assert said.fields() == {}


@given(st.text(min_size=1), st.text(min_size=1))
def test_no_header_is_broken_by_a_name(field: str, instead: str) -> None:
    told = items_of({field: Deprecation(datetime(2026, 1, 1, tzinfo=UTC), instead=instead)})[field]
    assert told.isascii()
    assert not set(told) & {"\r", "\n", "\0"}


def test_a_name_in_other_letters_is_a_display_string() -> None:
    at = Deprecation(datetime(2026, 6, 1, tzinfo=UTC))
    assert items_of({"名": at, 'a"\\': at}) == {
        "名": f'%"%e5%90%8d";since=@{SINCE}',
        'a"\\': f'"a\\"\\\\";since=@{SINCE}',
    }
