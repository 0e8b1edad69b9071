"""Labels that no text tells: numbers and categories beside the texts, or without any."""

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mainspring import Automation, Workspace
from mainspring.errors import LearnError

SAID = {"billing": "I was charged twice", "delivery": "the parcel never came", "quality": "it broke after a day"}
CHANNELS = ("phone", "mail", "shop")


def complaints(count: int, seed: int = 5) -> list[dict[str, Any]]:
    """``urgent`` is told by the amount, ``call`` by the channel, the others by the text."""
    dice = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for number in range(count):
        said = dice.sample(sorted(SAID), dice.choice([0, 1, 1, 2]))
        amount, channel = round(dice.uniform(1, 1000), 2), dice.choice(CHANNELS)
        topics = [*said, *(["urgent"] if amount > 500 else []), *(["call"] if channel == "phone" else [])]
        text = ". ".join(SAID[one] for one in said) or "hello"
        rows.append(
            {"id": f"t{number}", "text": f"{text} {number}", "amount": amount, "channel": channel, "topics": topics}
        )
    return rows


def declared(file: Path, **learn: Any) -> Automation:
    plain = {"target": "topics", "question": "labels", "limits": {"time": 20}, **learn}
    return Automation.model_validate({"name": "topics", "source": {"table": str(file), "key": "id"}, "learn": plain})


def written(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


def told(workspace: Workspace, **record: Any) -> list[str]:
    return sorted(workspace.predict("topics", [record]).to_pylist()[0]["prediction"])


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("beside")
    with Workspace(folder / "ws") as workspace:
        result = workspace.run(declared(written(folder, complaints(400)), candidates=["tfidf_linear", "linear"]))
        assert result.metrics["micro_f1"] > 0.95
        assert {line["name"] for line in result.leaderboard} == {"tfidf_linear", "linear"}
    return folder / "ws"


def test_numbers_and_categories_tell_what_the_text_does_not(learned: Path) -> None:
    with Workspace(learned) as workspace:
        assert workspace.models.list("topics")[-1].card.input.names == ["text", "amount", "channel"]
        assert told(workspace, text=SAID["billing"], amount=900, channel="mail") == ["billing", "urgent"]
        assert told(workspace, text=SAID["billing"], amount=9, channel="phone") == ["billing", "call"]
        assert told(workspace, text="hello", amount="900.0", channel="shop") == ["urgent"]


def test_a_record_is_told_what_a_table_is(learned: Path) -> None:
    asked = [{name: row[name] for name in ("text", "amount", "channel")} for row in complaints(60, 9)]
    asked += [{"text": "hello"}, {"amount": float("inf")}, {"amount": "many", "channel": "letter"}, {"channel": ""}]
    with Workspace(learned) as workspace:
        many = workspace.predict("topics", asked).to_pylist()
        assert [workspace.predict("topics", [row]).to_pylist()[0] for row in asked] == many
        table = pa.Table.from_pylist(asked[:60])
        assert workspace.predict("topics", table).to_pylist() == many[:60]


def test_without_any_text_the_columns_alone_are_learned_from(tmp_path: Path) -> None:
    rows = [
        {
            "id": row["id"],
            "amount": row["amount"],
            "phone": row["channel"] == "phone",
            "topics": [topic for topic in row["topics"] if topic not in SAID],
        }
        for row in complaints(400)
    ]
    with Workspace(tmp_path / "ws") as workspace:
        result = workspace.run(declared(written(tmp_path, rows)))
        lines = {line["name"]: line for line in result.leaderboard}
        assert lines["linear"]["weight"] == 1.0
        assert "no column of texts" in lines["tfidf_linear"]["why_not"]
        assert told(workspace, amount=900, phone=True) == ["call", "urgent"]
        assert told(workspace, amount=9, phone=False) == []
        assert Path(str(result.report)).exists()


def test_columns_of_labels_are_no_columns_to_learn_from(tmp_path: Path) -> None:
    rows = [
        {
            "id": row["id"],
            "text": row["text"],
            "amount": row["amount"],
            **{k: int(k in row["topics"]) for k in ("billing", "urgent")},
        }
        for row in complaints(300)
    ]
    with Workspace(tmp_path / "ws") as workspace:
        workspace.run(declared(written(tmp_path, rows), labels=["billing", "urgent"], candidates=["tfidf_linear"]))
        assert workspace.models.list("topics")[-1].card.input.names == ["text", "amount"]
        assert told(workspace, text=SAID["billing"], amount=900) == ["billing", "urgent"]


def test_what_is_excluded_is_not_asked_for(tmp_path: Path) -> None:
    with Workspace(tmp_path / "ws") as workspace:
        automation = declared(written(tmp_path, complaints(300)), exclude=["amount"], candidates=["tfidf_linear"])
        workspace.run(automation)
        assert workspace.models.list("topics")[-1].card.input.names == ["text", "channel"]


def test_a_line_of_columns_needs_some(tmp_path: Path) -> None:
    rows = [{"id": row["id"], "text": row["text"], "topics": row["topics"]} for row in complaints(120)]
    with Workspace(tmp_path / "ws") as workspace, pytest.raises(LearnError, match="numbers or categories beside"):
        workspace.run(declared(written(tmp_path, rows), candidates=["linear"]))
