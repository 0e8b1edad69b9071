"""The story of the command line: make a workspace, run, look, decide, hear back, change one's mind."""

import csv
import io
import json
from pathlib import Path

import polars
import pytest

HEADER = "customer,tenure,contract,charges\n"
NEW = HEADER + "P1,1,Month-to-month,105.5\nP2,60,Two year,30\nP3,2,Month-to-month,99\n"


@pytest.fixture
def new(tmp_path: Path) -> Path:
    path = tmp_path / "new.csv"
    path.write_text(NEW, encoding="utf-8")
    return path


def rows(text: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO(text)))


def test_init_makes_a_workspace_once(run_script, tmp_path: Path) -> None:
    made = run_script("init", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert list(tmp_path.rglob("mainspring.toml"))
    assert json.loads(run_script("init", "--json", "-w", "other", cwd=tmp_path).stdout)["workspace"].endswith("other")


def test_schema_is_a_json_schema(ask) -> None:
    schema = json.loads(ask("schema").stdout)
    assert {"name", "source", "learn", "decide", "act"} <= set(schema["properties"])


@pytest.mark.slow
def test_run_tells_its_steps_and_its_result(run_script, declaration: Path, tmp_path: Path) -> None:
    ran = run_script("run", declaration, "--json", "-w", tmp_path / "space")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["version"] == 1
    assert len(ran.stderr.splitlines()) > 4
    assert "\x1b" not in ran.stderr


def test_predict_and_decide_from_a_file(ask, new: Path) -> None:
    predicted = rows(ask("predict", "retention", str(new)).stdout)
    assert predicted[0]["prediction"] == "Yes"
    decided = rows(ask("decide", "retention", str(new)).stdout)
    assert [row["action"] for row in decided] == ["offer", "none", "offer"]
    assert "bound by contract" in decided[1]["reasons"]


def test_decide_from_standard_input(ask) -> None:
    lines = '{"customer": "L1", "tenure": 1, "contract": "Month-to-month", "charges": 105}\n\n{"customer": "L2"}\n'
    decided = json.loads(ask("decide", "retention", "-", "--json", stdin=lines).stdout)
    assert [row["key"] for row in decided] == ["L1", "L2"]


@pytest.mark.parametrize("line", ["{", "7", '{"tenure": NaN}', "[" * 100_000, '{"a": 1} {"b": 2}'])
def test_standard_input_that_is_no_json(ask, line: str) -> None:
    told = ask("decide", "retention", "-", stdin='{"customer": "L1"}\n' + line + "\n")
    assert "standard input, line 2" in str(told.exception)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_rows_go_into_a_file(ask, new: Path, tmp_path: Path, ending: str) -> None:
    to = tmp_path / f"out.{ending}"
    assert ask("decide", "retention", str(new), "-o", str(to)).exit_code == 0
    read = {"csv": polars.read_csv, "jsonl": polars.read_ndjson, "parquet": polars.read_parquet}[ending](to)
    assert read["action"].to_list() == ["offer", "none", "offer"]
    assert list(tmp_path.glob(".*")) == []


def test_a_file_we_cannot_write_is_told_before_the_work(ask, new: Path, tmp_path: Path) -> None:
    assert "did you mean 'out.csv'" in str(
        ask("predict", "retention", str(new), "-o", str(tmp_path / "out.cvs")).exception
    )
    assert "no such folder" in str(
        ask("predict", "retention", str(new), "-o", str(tmp_path / "no" / "a.csv")).exception
    )


def test_feedback_and_explain(ask, new: Path, tmp_path: Path) -> None:
    decided = json.loads(ask("decide", "retention", str(new), "--occasion", "feedback", "--json").stdout)
    told = tmp_path / "outcomes.csv"
    told.write_text("decision,outcome\n" + "".join(f"{row['decision']},Yes\n" for row in decided), encoding="utf-8")
    assert json.loads(ask("feedback", "retention", str(told), "--json").stdout)["accepted"] == 3
    explained = json.loads(ask("explain", "retention", decided[0]["decision"], "--json").stdout)
    assert explained["action"] == "offer"
    assert "offer" in ask("explain", "retention", decided[0]["decision"]).stdout


def test_replay_ends_with_whether_it_is_the_same(ask, new: Path) -> None:
    decided = json.loads(ask("decide", "retention", str(new), "--occasion", "replay", "--json").stdout)
    replayed = ask("replay", decided[0]["decision"], "--json")
    assert replayed.exit_code == 0
    assert json.loads(replayed.stdout)["same"] is True
    assert "to the last bit" in ask("replay", decided[1]["decision"]).stdout
    assert "decision" in str(ask("replay", "0" * 32).exception)


def test_status_models_and_report(ask) -> None:
    assert rows(ask("status").stdout)[0]["name"] == "retention"
    assert "champion" in ask("status", "retention").stdout
    assert json.loads(ask("models", "retention", "--json").stdout)[0]["version"] == 1
    assert Path(ask("report", "retention").stdout.strip()).suffix == ".html"


def test_promote_tells_the_champion(ask) -> None:
    told = ask("promote", "retention", "1", "--why", "it is good", "--json")
    assert json.loads(told.stdout)["champion"] == 1
    assert "version" in str(ask("promote", "retention", "99").exception)


def test_actions_are_listed_and_retried(ask, new: Path) -> None:
    ask("decide", "retention", str(new), "--occasion", "actions")
    assert "offer" in ask("actions", "retention").stdout
    counts = json.loads(ask("retry", "--json").stdout)
    assert counts["retried"] == 0
    assert ask("actions", "--failed").exit_code == 0


def test_the_lake_answers(ask) -> None:
    answer = rows(ask("sql", "select contract, count(*) as n from retention.raw group by 1 order by 1").stdout)
    assert [row["contract"] for row in answer] == ["Month-to-month", "One year", "Two year"]
    assert sum(int(row["n"]) for row in answer) == 400
    names = [row["name"] for row in json.loads(ask("tables", "--json").stdout)]
    assert "retention.raw" in names
    assert ask("history", "retention.raw").exit_code == 0
    assert ask("compact", "retention.raw", "--json").exit_code == 0
