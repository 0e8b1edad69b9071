"""Each label stands in a column of its own: gathered, learned from, and answered as any list of labels."""

import json
from pathlib import Path
from typing import Any

import pytest

from mainspring import Workspace
from mainspring.automation import Automation
from mainspring.errors import MainspringError, QualityError, UnknownColumn

WORDS = {"late": "the courier was late", "torn": "the fabric is torn", "dear": "it costs too much"}
Rows = list[dict[str, Any]]


def complaints(count: int) -> Rows:
    rows: Rows = []
    for number in range(count):
        has = {label: number >> bit & 1 for bit, label in enumerate(WORDS)}
        text = ". ".join(WORDS[label] for label, yes in has.items() if yes) or "hello"
        rows.append({"id": f"t{number}", "text": f"{text} {number}", **has})
    return rows


def declared(folder: Path, rows: Rows, **learn: Any) -> Automation:
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    asked = {"target": "topics", "labels": list(WORDS), "candidates": ["tfidf_linear"], "limits": {"time": "20s"}}
    source = {"table": str(folder / "rows.jsonl"), "key": "id"}
    return Automation.model_validate({"name": "topics", "source": source, "learn": asked | learn})


def test_columns_of_labels_are_answered_as_lists(tmp_path: Path) -> None:
    with Workspace(tmp_path / "ws") as workspace:
        result = workspace.run(declared(tmp_path, complaints(160)))
        assert {line["label"] for line in result.summary} == {*WORDS, "(all)"}
        assert result.metrics["micro_f1"] > 0.95
        answers = workspace.predict("topics", [{"text": "the courier was late. it costs too much"}, {"text": "hello"}])
        assert answers["prediction"].to_pylist() == [["dear", "late"], []]
        assert not workspace.contracts.of("topics")["record"]["properties"].keys() & {*WORDS, "topics"}
        (made,) = workspace.decide("topics", [{"text": "torn"}]).to_pylist()
        heard = workspace.feedback("topics", [{"decision": made["decision"], "outcome": ["torn"]}])
    assert heard["accepted"] == 1


@pytest.mark.parametrize(("yes", "no"), [(True, False), ("1", "0"), ("yes", "no"), (1.0, 0.0), ("是", "否")])
def test_a_label_is_said_in_any_usual_way(tmp_path: Path, yes: object, no: object) -> None:
    rows = [
        {name: (yes if value else no) if name in WORDS else value for name, value in row.items()}
        for row in complaints(60)
    ]
    with Workspace(tmp_path / "ws") as workspace:
        result = workspace.run(declared(tmp_path, rows))
    assert {line["label"] for line in result.summary} == {*WORDS, "(all)"}
    assert result.counts["unlabelled"] == 0


def test_rows_that_say_neither_yes_nor_no_are_left_out_and_told(tmp_path: Path) -> None:
    rows = [row | ({"late": -1} if number % 4 == 0 else {}) for number, row in enumerate(complaints(80))]
    rows[1]["torn"] = None
    with Workspace(tmp_path / "ws") as workspace:
        result = workspace.run(declared(tmp_path, rows))
        raw = workspace.lake.sql("select topics from topics.raw where id = 't3'").to_pylist()
    assert result.counts["unlabelled"] == 21
    assert raw == [{"topics": ["late", "torn"]}]


@pytest.mark.parametrize(
    ("learn", "error", "told"),
    [
        ({"labels": ["late", "tron"]}, UnknownColumn, "no column 'tron'.*did you mean 'torn'"),
        ({"target": "text"}, QualityError, "the source has a column 'text', the name under which labels are gathered"),
        ({"labels": ["late", "text"]}, QualityError, "no row has a 'topics'.*is to say 1 or 0"),
    ],
)
def test_columns_that_are_no_labels_are_refused(
    tmp_path: Path, learn: dict[str, Any], error: type[MainspringError], told: str
) -> None:
    with Workspace(tmp_path / "ws") as workspace, pytest.raises(error, match=f"(?s){told}"):
        workspace.run(declared(tmp_path, complaints(20), **learn))
