"""What an automation is asked and what it answers: its schema, its own OpenAPI document, and a typed client that is made of them."""

import ast
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mainspring import Automation, Workspace
from mainspring.run.contract.client import client_of

HERE = "/v1/automations/retention"


@pytest.fixture(scope="module")
def contract(client) -> dict:
    answer = client.get(f"{HERE}/schema")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_it_says_what_a_record_may_bring(contract: dict) -> None:
    record = contract["record"]
    Draft202012Validator.check_schema(record)
    assert set(record["properties"]) == {"customer", "tenure", "contract", "charges"}  # the target is not asked for
    assert record["properties"]["tenure"]["type"] == ["number", "null"]
    assert record["properties"]["contract"]["type"] == ["string", "null"]
    assert contract["version"] == 1


def test_its_example_is_decided_and_fits(client, contract: dict) -> None:
    example = contract["record"]["examples"][0]
    assert not list(Draft202012Validator(contract["record"]).iter_errors(example))
    assert example["contract"] in ("Month-to-month", "One year", "Two year")
    answer = client.post(f"{HERE}/decisions", json={"record": example})
    assert answer.status_code == 200, answer.text
    assert not list(Draft202012Validator(contract["decision"]).iter_errors(answer.json()))


def test_no_key_of_a_customer_is_shown(contract: dict) -> None:
    assert contract["record"]["examples"][0]["customer"] == "A-1001"


def test_what_does_not_fit_is_refused_by_both(client, contract: dict, leaving: dict) -> None:
    fits = Draft202012Validator(contract["record"])
    for record, good in (
        (leaving, True),
        ({**leaving, "tenure": None}, True),
        ({**leaving, "tenure": "soon"}, False),
        ({**leaving, "more": [1]}, False),
    ):
        assert fits.is_valid(record) is good
        assert (client.post(f"{HERE}/predictions", json={"record": record}).status_code == 200) is good


def test_an_automation_has_an_openapi_document_of_its_own(client, leaving: dict) -> None:
    own = client.get(f"{HERE}/openapi.json").json()
    assert f"{HERE}/decisions" in own["paths"]
    assert all(path.startswith(HERE) for path in own["paths"])
    asked = own["paths"][f"{HERE}/decisions"]["post"]["requestBody"]["content"]["application/json"]
    whole = {**asked["schema"], "components": own["components"]}
    assert Draft202012Validator(whole).is_valid({"record": leaving})
    assert not Draft202012Validator(whole).is_valid({"record": {**leaving, "tenure": "soon"}})
    for example in asked["examples"].values():
        assert client.post(f"{HERE}/decisions", json=example["value"]).status_code == 200


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Rules alone, about columns that are protected, required and limited."""
    folder = tmp_path_factory.mktemp("guarded")
    rows = "".join(f"{n},secret{n},{20 + n % 50},{'ab'[n % 2]}\n" for n in range(40))
    (folder / "people.csv").write_text(f"id,email,age,class\n{rows}", encoding="utf-8")
    declared = {
        "name": "guarded",
        "source": {"table": str(folder / "people.csv"), "key": "id"},
        "prepare": {
            "expect": {"age": {"min": 18, "max": 99, "required": True}, "class": {"in": ["a", "b"]}},
            "protect": {"email": "pseudonymise", "id": "hash"},
        },
        "decide": {"rules": [{"if": "age > 60", "then": "call", "because": "older"}]},
        "act": {"call": {"file": str(folder / "calls.jsonl")}},
    }
    with Workspace(folder / "space") as opened:
        opened.run(Automation.model_validate(declared))
        yield opened


def test_limits_are_told_and_what_is_protected_is_not(guarded: Workspace) -> None:
    told = guarded.contracts.of("guarded")
    record = told["record"]
    assert record["required"] == ["age"]
    assert record["properties"]["age"]["type"] == ["number"] or record["properties"]["age"]["type"] == ["integer"]
    assert (record["properties"]["age"]["minimum"], record["properties"]["age"]["maximum"]) == (18, 99)
    assert record["properties"]["class"]["enum"] == ["a", "b", None]
    assert record["properties"]["email"]["x-mainspring-protected"] == "pseudonymise"
    assert not {"email", "id"} & set(record["examples"][0])
    assert "secret" not in json.dumps(told)
    assert told["version"] is None
    assert guarded.decide("guarded", record["examples"][0], strict=True).num_rows == 1


def test_there_is_none_of_what_is_not_there(client) -> None:
    for what in ("schema", "openapi.json"):
        assert client.get(f"/v1/automations/retentoin/{what}").status_code == 404


def made(place: Path, folder: Path, name: str = "retention") -> Path:
    file = folder / "made_client.py"
    command = [sys.executable, "-m", "mainspring", "client", name, "-o", str(file), "-w", str(place)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return file


def loaded(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_client_is_typed(place: Path, tmp_path: Path) -> None:
    file = made(place, tmp_path)
    right, wrong = tmp_path / "right.py", tmp_path / "wrong.py"
    right.write_text(
        "from made_client import EXAMPLE, Client\n"
        'with Client("http://x", "k") as client:\n'
        '    chance: float | None = client.decide({"tenure": 3, "contract": "One year"})["probability_Yes"]\n'
        '    client.feedback(client.decide(EXAMPLE)["decision"], "Yes")\n'
    )
    wrong.write_text(
        "from made_client import Client\n"
        'client = Client("http://x", "k")\n'
        'client.decide({"tenure": "soon"})\n'
        'client.decide({"tenur": 3})\n'
        'client.decide({"tenure": 3})["acton"]\n'
        'client.feedback("d", "Perhaps")\n'
    )
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict"}))
    pyright = Path(sys.executable).with_name("pyright")
    command = [str(pyright), "--outputjson", "--pythonpath", sys.executable, str(file), str(right), str(wrong)]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path).stdout)
    errors = [
        (Path(one["file"]).name, one["range"]["start"]["line"])
        for one in found["generalDiagnostics"]
        if one["severity"] == "error"
    ]
    assert {name for name, _ in errors} == {"wrong.py"}, found["generalDiagnostics"]
    assert {line for _, line in errors} == {2, 3, 4, 5}


@pytest.mark.slow
def test_the_client_asks_a_real_gateway(place: Path, serving: Callable[[Path], list[str]], tmp_path: Path) -> None:
    theirs = loaded(made(place, tmp_path))
    with Workspace(place) as workspace:
        key = workspace.keys.new("client", ["operator:retention"])["key"]
    with subprocess.Popen(serving(place), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        url = json.loads(server.stdout.readline())["url"]
        with theirs.Client(url, key) as client:
            decided = client.decide(theirs.EXAMPLE)
            assert client.decide(theirs.EXAMPLE) == decided
            assert client.predict(theirs.EXAMPLE)["prediction"] in ("Yes", "No")
            good, bad = client.decide_many([theirs.EXAMPLE, {"tenure": "soon"}])
            assert good["decision"]
            assert isinstance(bad, theirs.Problem)
            assert "tenure" in bad.errors
            assert client.feedback(decided["decision"], "Yes")["unknown"] == 0
            assert client.explain(decided["decision"])["action"] == decided["action"]
            with pytest.raises(theirs.Problem) as refused:
                client.decide({"tenure": "soon"})
            assert (refused.value.status, list(refused.value.errors)) == (422, ["tenure"])
        with theirs.Client(url, "ms_0_0") as stranger, pytest.raises(theirs.Problem, match="no valid key"):
            stranger.decide({})
        server.terminate()


names = st.text(min_size=1, max_size=12) | st.sampled_from(
    ['"""', "__EXAMPLE__", "'); import os #", "\n", "class", "#\x0cx"]
)


@given(fields=st.lists(names, unique=True, max_size=5), note=names)
def test_no_name_becomes_code(fields: list[str], note: str) -> None:
    properties = {field: {"type": ["number", "null"], "description": note} for field in fields}
    record = {"properties": properties, "required": fields[:1], "examples": [dict.fromkeys(fields, 1)]}
    decision = {"properties": {**properties, "prediction": {"enum": [*fields, None]}}}
    plain = {"record": {"properties": {}, "required": []}, "decision": {"properties": {"prediction": {"type": "null"}}}}
    hostile = ast.parse(client_of({"automation": "x", "record": record, "decision": decision}))
    tame = ast.parse(client_of({"automation": "x", **plain}))
    assert [type(one) for one in hostile.body if isinstance(one, ast.ClassDef | ast.Import | ast.Expr)][:1] == [
        ast.Expr
    ]
    named = [
        [one.name for one in tree.body if isinstance(one, ast.ClassDef | ast.FunctionDef)] for tree in (hostile, tame)
    ]
    assert named[0] == named[1]
    typed = next(one.value for one in hostile.body if isinstance(one, ast.Assign) and one.targets[0].id == "Record")
    assert [key.value for key in typed.args[1].keys] == fields
