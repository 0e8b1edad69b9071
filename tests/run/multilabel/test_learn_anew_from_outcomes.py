"""Outcomes that are lists of labels become rows to learn from; the new version decides where it is surely better."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from mainspring import Workspace

BEFORE = {"late": ["the courier was late"], "torn": ["the fabric is torn"], "dear": ["it costs too much"]}
SINCE = {"late": ["where is my drone"], "torn": ["a hole in the sleeve"], "dear": ["prices went through the roof"]}
Rows = list[dict[str, Any]]


def complaints(said: dict[str, list[str]], count: int, seed: int) -> Rows:
    dice = random.Random(seed)
    rows: Rows = []
    for number in range(count):
        labels = sorted(dice.sample(sorted(said), dice.choice([0, 1, 1, 2])))
        text = ". ".join(dice.choice(said[label]) for label in labels) or "hello"
        rows.append({"id": f"t{seed}-{number}", "text": f"{text} {number}", "topics": labels})
    return rows


def as_lists(rows: Rows) -> str:
    return "\n".join(map(json.dumps, rows))


def as_columns(rows: Rows) -> str:
    return "\n".join(
        json.dumps({"id": row["id"], "text": row["text"], **{label: int(label in row["topics"]) for label in BEFORE}})
        for row in rows
    )


def as_text(rows: Rows) -> str:
    return "\n".join(json.dumps({**row, "topics": "|".join(row["topics"])}) for row in rows)


def learned(folder: Path, workspace: Workspace, written: Any, labels: str = "") -> None:
    (folder / "topics.jsonl").write_text(written(complaints(BEFORE, 160, 1)) + "\n", encoding="utf-8")
    path = folder / "topics.yaml"
    path.write_text(
        "name: topics\nsource: {table: topics.jsonl, key: id}\n"
        f"learn: {{target: topics, question: labels{labels}, candidates: [tfidf_linear], limits: {{time: 20s}}}}\n",
        encoding="utf-8",
    )
    workspace.run(path)


def live(workspace: Workspace, rows: Rows) -> None:
    """They are decided about, and their labels are told."""
    asked = [{"id": row["id"], "text": row["text"]} for row in rows]
    made = workspace.decide("topics", asked, reasons=False).to_pylist()
    told = [{"decision": one["decision"], "outcome": row["topics"]} for one, row in zip(made, rows, strict=True)]
    assert workspace.feedback("topics", told)["accepted"] == len(rows)


@pytest.mark.parametrize(
    ("written", "labels"), [(as_lists, ""), (as_columns, ", labels: [late, torn, dear]"), (as_text, "")]
)
def test_what_people_say_now_is_learned_and_decides(tmp_path: Path, written: Any, labels: str) -> None:
    with Workspace(tmp_path / "ws") as workspace:
        learned(tmp_path, workspace, written, labels)
        live(workspace, complaints(SINCE, 240, 2))
        made = workspace.models.retrain("topics")
        assert (made["version"], made["champion"], made["decision"]) == (2, True, "promote")
        assert (made["rows"]["collected"], made["rows"]["outcomes"]) == (160, 240)
        assert made["rows"]["train"] + made["rows"]["test"] > 300
        compared = made["comparison"]
        assert compared["metric"] == "micro_f1"
        assert 0 < compared["low"] < compared["difference"]
        answers = workspace.predict("topics", [{"text": "where is my drone"}, {"text": "the fabric is torn"}])
        assert answers["prediction"].to_pylist() == [["late"], ["torn"]]
        assert "surely better" in Path(made["report"]).read_text(encoding="utf-8")


def test_where_it_is_not_better_the_old_one_decides(tmp_path: Path) -> None:
    with Workspace(tmp_path / "ws") as workspace:
        learned(tmp_path, workspace, as_lists)
        live(workspace, complaints(BEFORE, 160, 3))
        made = workspace.models.retrain("topics")
        assert (made["champion"], made["decision"]) == (False, "reject")
        assert workspace.status("topics")["champion"] == 1


def test_a_label_that_is_new_in_the_source_is_learned_and_compared(tmp_path: Path) -> None:
    with Workspace(tmp_path / "ws") as workspace:
        learned(tmp_path, workspace, as_lists)
        fresh = complaints({**BEFORE, "rude": ["they shouted at me"]}, 200, 4)
        with (tmp_path / "topics.jsonl").open("a", encoding="utf-8") as file:
            file.write(as_lists(fresh) + "\n")
        made = workspace.models.retrain("topics")
        assert made["decision"] == "promote"
        assert made["comparison"]["metric"] == "micro_f1"
        assert workspace.predict("topics", {"text": "they shouted at me"})["prediction"].to_pylist() == [["rude"]]
