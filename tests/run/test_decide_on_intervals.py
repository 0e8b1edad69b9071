"""``learn.coverage`` in decisions: the interval or the set beside the prediction, in rules, in the journal, over HTTP, in the terminal."""

import json
import math
from functools import partial
from pathlib import Path

import httpx
import numpy as np
import pytest
from anyio.from_thread import start_blocking_portal
from typer.testing import CliRunner

from mainspring import Automation, Workspace
from mainspring.errors import SpecError
from mainspring.faces.cli.main import app as commands
from mainspring.faces.serve.app import app as gateway
from mainspring.faces.serve.limits import Limits

PEOPLE = [{"income": 2000.0}, {"income": 2750.0}, {"income": 5000.0}, {"income": None}]


def write_homes(folder: Path, rows: int = 300) -> Path:
    draw = np.random.default_rng(2)
    income = draw.normal(3000, 800, rows)
    rent = income * 0.3 + draw.normal(0, 80, rows)
    late = np.where(income + draw.normal(0, 500, rows) < 2800, "yes", "no")
    lines = ["income,rent,late", *(f"{a:.1f},{b:.1f},{c}" for a, b, c in zip(income, rent, late, strict=True))]
    path = folder / "homes.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def declared(table: Path, target: str, rules: list[dict], **more) -> Automation:
    learn = {
        "target": target,
        "coverage": 0.9,
        "candidates": ["linear"],
        "exclude": [{"rent": "late", "late": "rent"}[target]],
    }
    learn |= {"limits": {"time": "120s"}, "split": {"folds": 3}} | more
    return Automation.model_validate(
        {
            "name": "homes", "source": {"table": str(table)}, "learn": learn, "decide": {"rules": rules},
            "act": {"let": {"file": str(table.parent / "let.jsonl")}},
        }
    )  # fmt: skip


NARROW = [{"if": "lower > 550 and upper < 1000", "then": "let", "because": "the rent is surely fair"}]
SURE = [
    {"if": "len(set) > 1", "then": "skip", "because": "either may be"},
    {"if": "'no' in set", "then": "let", "because": "surely in time"},
]


def test_rules_speak_of_the_interval(tmp_path: Path) -> None:
    with Workspace(tmp_path / "space") as space:
        space.run(declared(write_homes(tmp_path), "rent", NARROW))
        answers = space.predict("homes", PEOPLE).to_pylist()
        decided = space.decide("homes", PEOPLE)
        assert [{k: row[k] for k in ("prediction", "lower", "upper")} for row in decided.to_pylist()] == answers
        for row in decided.to_pylist():
            assert (row["action"] == "let") == (row["lower"] > 550 and row["upper"] < 1000)
        assert {"let", "none"} == set(decided["action"].to_pylist())
        alone = [space.decide("homes", person, occasion="alone").to_pylist()[0] for person in PEOPLE]
        assert [(row["action"], row["lower"]) for row in alone] == [
            (row["action"], row["lower"]) for row in decided.to_pylist()
        ]
        space.actions.deliver()
        first = decided.to_pylist()[[row["action"] for row in decided.to_pylist()].index("let")]
        told = space.explain("homes", first["decision"])
        assert (told["lower"], told["upper"]) == (first["lower"], first["upper"])
    sent = [json.loads(line) for line in (tmp_path / "let.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {"lower", "upper"} <= sent[0]["data"].keys()


def test_rules_speak_of_the_set_and_it_is_asked_for_everywhere(tmp_path: Path) -> None:
    place = tmp_path / "space"
    with Workspace(place) as space:
        space.run(declared(write_homes(tmp_path), "late", SURE))
        decided = space.decide("homes", PEOPLE).to_pylist()
        for row in decided:
            assert row["prediction"] in row["set"]
            assert (row["action"] == "let") == (row["set"] == ["no"])
        assert [len(row["set"]) for row in decided[:3]] == [1, 2, 1]
        again = space.decide("homes", PEOPLE).to_pylist()
        assert [row["set"] for row in again] == [row["set"] for row in decided], "as it was the first time"
        assert over_http(space, PEOPLE[1])["set"] == decided[1]["set"]
    told = CliRunner().invoke(
        commands,
        ["decide", "homes", "--json", "-"],
        input=json.dumps(PEOPLE[2]),
        env={"MAINSPRING_WORKSPACE": str(place)},
    )
    assert told.exit_code == 0, told.output
    assert '"set": ["no"]' in told.output.replace('"set":["no"]', '"set": ["no"]')


def over_http(space: Workspace, person: dict) -> dict:
    served = gateway(space, Limits(body=1_000_000, records=50))
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(served.router.lifespan_context(served)),
    ):
        shown = {"Authorization": f"Bearer {space.keys.new('tests', ['operator'])['key']}"}
        client = httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://gateway", headers=shown)
        answer = portal.call(partial(client.post, "/v1/automations/homes/decisions", json={"record": person}))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_interval_without_ends_is_no_number_and_no_rule_holds(tmp_path: Path) -> None:
    """Six rows to judge by cannot promise 99 %."""
    with Workspace(tmp_path / "space") as space:
        rules = [{"if": "upper < 1000000", "then": "let"}]
        space.run(declared(write_homes(tmp_path, rows=30), "rent", rules, coverage=0.99))
        assert math.isinf(space.predict("homes", PEOPLE[0])["upper"].to_pylist()[0])
        row = space.decide("homes", PEOPLE[0]).to_pylist()[0]
        assert (row["lower"], row["upper"], row["action"]) == (None, None, "none")


def test_without_coverage_these_are_columns(tmp_path: Path) -> None:
    table = write_homes(tmp_path)
    text = table.read_text(encoding="utf-8").replace("income,", "upper,")
    table.write_text(text, encoding="utf-8")
    automation = declared(table, "rent", [{"if": "upper > 3000", "then": "let"}], coverage=None)
    with Workspace(tmp_path / "space") as space:
        space.run(automation)
        decided = space.decide("homes", [{"upper": 4000.0}, {"upper": 2000.0}]).to_pylist()
    assert [row["action"] for row in decided] == ["let", "none"]
    assert decided[0]["prediction"] is None, "a rule over columns stands before the model"


def test_a_rule_before_the_model_cannot_speak_of_the_interval(tmp_path: Path) -> None:
    rules = [{"if": "upper < 100", "then": "skip", "stage": "before"}]
    with pytest.raises((SpecError, ValueError), match="'upper' is not known before the model"):
        declared(write_homes(tmp_path), "rent", rules)
