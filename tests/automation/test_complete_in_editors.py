"""The JSON Schema that editors complete by says what the declaration says."""

from pathlib import Path
from typing import Any

import pytest

from mainspring.automation.forms import json_schema
from mainspring.automation.written.lines import read_lines

jsonschema: Any = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples").rglob("*.yaml"))
SCHEMA = json_schema()


def parts() -> dict[str, dict[str, Any]]:
    return {"Automation": SCHEMA} | {name: part for name, part in SCHEMA["$defs"].items() if "properties" in part}


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(SCHEMA["required"]) == {"name", "source"}


@pytest.mark.parametrize("name", parts())
def test_every_key_is_described(name: str) -> None:
    part = parts()[name]
    assert part["description"]
    assert part["additionalProperties"] is False
    assert [key for key, told in part["properties"].items() if not told.get("description")] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_valid(path: Path) -> None:
    jsonschema.validate(read_lines(path)[0], SCHEMA)


@pytest.mark.parametrize(
    "change",
    [
        {"abuot": "x"}, {"learn": {"target": "y", "optimise": "roc_acu"}}, {"prepare": {"protect": {"a": "hidden"}}},
        {"decide": {"rules": [{"iff": "a > 1"}]}}, {"decide": {"rules": [{"table": 5}]}}, {"act": {"offer": {"retry": -1}}},
    ],
)  # fmt: skip
def test_what_is_wrong_is_underlined(change: dict[str, Any]) -> None:
    right = {"name": "a", "source": {"table": "x"}, "learn": {"target": "y"}}
    jsonschema.validate(right, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(right | change, SCHEMA)


@pytest.mark.parametrize("table", ["rows.csv", [{"tenure": "> 24", "then": "offer"}]])
def test_a_decision_table_is_its_rows_or_their_file(table: object) -> None:
    declared = {
        "name": "a",
        "source": {"table": "x"},
        "decide": {"rules": [{"table": table}], "gains": {"offer": {"yes": 1}}},
    }
    jsonschema.validate(declared, SCHEMA)
