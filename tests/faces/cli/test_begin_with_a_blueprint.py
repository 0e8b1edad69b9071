"""``mainspring new`` writes a declaration and data that run as they are."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from mainspring import Workspace
from mainspring.automation.blueprints.blueprint import BLUEPRINTS
from mainspring.automation.check import check


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_what_is_written_can_be_run_as_it_is(ask, name: str, tmp_path: Path) -> None:
    told = ask("new", name, str(tmp_path / "mine"), "--json")
    assert told.exit_code == 0, told.output
    files = [Path(path) for path in json.loads(told.stdout)["files"]]
    assert files[0].suffix == ".yaml"
    assert check(files[0]) == []
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == sorted(path.name for path in files)


def test_without_a_name_they_are_listed(ask) -> None:
    told = json.loads(ask("new", "--json").stdout)
    assert [row["blueprint"] for row in told] == list(BLUEPRINTS)


def test_a_wrong_name_and_a_file_that_is_there_are_refused(run_script, tmp_path: Path) -> None:
    wrong = run_script("new", "sentimant", tmp_path)
    assert wrong.returncode == 2
    assert "did you mean 'sentiment'?" in wrong.stderr
    (tmp_path / "reviews.csv").write_text("mine", encoding="utf-8")
    refused = run_script("new", "sentiment", tmp_path)
    assert refused.returncode == 2
    assert "there is something already" in refused.stderr
    assert (tmp_path / "reviews.csv").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "sentiment.yaml").exists()
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert run_script("new", "intent", tmp_path / "file" / "below").returncode == 2


@pytest.mark.parametrize(("name", "target"), [("sentiment", "mood"), ("intent", "intent")])
def test_each_class_has_texts_in_english_and_chinese(ask, name: str, target: str, tmp_path: Path) -> None:
    ask("new", name, str(tmp_path))
    (path,) = tmp_path.glob("*.csv")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert len({row["text"] for row in rows}) == len(rows) >= 100
    counts = Counter((row[target], row["text"].isascii()) for row in rows)
    assert min(counts.values()) >= 10
    assert len(counts) == 2 * len({row[target] for row in rows})


@pytest.mark.slow
def test_it_runs_to_decisions(ask, tmp_path: Path) -> None:
    ask("new", "intent", str(tmp_path))
    with Workspace(tmp_path / "space") as workspace:
        workspace.run(tmp_path / "intent.yaml", budget="60s")
        asked = [
            {"message": 1, "text": "where is my parcel, has it been shipped?"},
            {"message": 2, "text": "请转人工客服"},
        ]
        made = workspace.decide("intent", asked)
        assert workspace.models.list("intent")[0].metrics["accuracy"] > 0.4
    assert made["prediction"].to_pylist() == ["track order", "speak to a person"]
    assert made["action"].to_pylist()[1] == "ask_person"
