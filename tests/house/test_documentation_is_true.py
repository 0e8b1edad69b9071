"""The page of the declaration says what is so: its keys, its examples, its conditions."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mainspring.automation import Automation
from mainspring.automation.check import check
from mainspring.automation.condition import Condition
from mainspring.automation.forms import json_schema

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "declaration.md").read_text(encoding="utf-8")
WHOLE, *PARTS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
CONDITIONS = re.findall(r"^\| (`.+`) \| `(\{.*\})` \| (yes|no) \|$", PAGE, re.MULTILINE)
LEAST = {"name": "x", "source": {"table": "x.csv"}, "learn": {"target": "y"}, "act": {"offer": {"table": "x"}}}


def test_the_keys_are_fresh() -> None:
    made = subprocess.run([sys.executable, DOCS / "declaration_reference.py", "--check"], check=False)
    assert made.returncode == 0, "docs/declaration.md is stale: python docs/declaration_reference.py"


def test_every_part_is_shown() -> None:
    named = {name for name, part in json_schema()["$defs"].items() if "properties" in part} | {"Automation"}
    assert named == set(re.findall(r"<!-- keys of (\w+),", PAGE))
    assert {f"[{name}](#{name.lower()})" for name in re.findall(r"^#+ (\w+)$", PAGE, re.MULTILINE)} >= set(
        re.findall(r"\[\w+\]\(#\w+\)", PAGE)
    )


def test_the_declaration_at_the_top_can_run(tmp_path: Path) -> None:
    (tmp_path / "whole.yaml").write_text(WHOLE, encoding="utf-8")
    assert check(tmp_path / "whole.yaml") == []


def test_the_problems_at_the_top_are_what_is_told(tmp_path: Path) -> None:
    wrong = WHOLE.replace("  gains:", "  gain:").replace("200 per day", "200")
    (tmp_path / "wrong.yaml").write_text(wrong, encoding="utf-8")
    shown = [line for line in PAGE.splitlines() if line.startswith("line ")]
    told = [str(problem) for problem in check(tmp_path / "wrong.yaml")]
    assert told == shown


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.split(":")[0])
def test_the_example_of_a_part_is_valid(part: str, tmp_path: Path) -> None:
    (tmp_path / "exceptions.csv").write_text("tenure,then\n> 60,offer\n", encoding="utf-8")
    declared = LEAST | YAML(typ="safe").load(part)
    if declared["learn"].get("optimise") == "profit":
        declared["decide"] = {"gains": {"true_positive": 1}}
    with (tmp_path / "part.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(declared, file)
    assert Automation.from_file(tmp_path / "part.yaml").name == "x"


@pytest.mark.parametrize(("written", "record", "holds"), CONDITIONS)
def test_a_condition_holds_as_shown(written: str, record: str, holds: str) -> None:
    text = written[3:-3] if written.startswith("`` ") else written.strip("`")
    assert Condition(text).holds(json.loads(record)) is (holds == "yes")


def test_conditions_are_shown() -> None:
    assert len(CONDITIONS) > 15
