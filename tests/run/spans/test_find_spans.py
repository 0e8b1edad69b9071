"""An automation finds spans: from texts with spans to a version that decides, with a report."""

import json
import random
from pathlib import Path

import pyarrow as pa
import pytest

from mainspring import Workspace
from mainspring.errors import BadRecord, LearnError, QualityError, SpecError, UnknownColumn
from mainspring.model import open_model
from mainspring.run.kinds import KINDS
from mainspring.steps.learn.checks import check_model

NAMES = ("Anna", "Boris", "Chen", "Dora", "Emil", "Farah", "Greta", "Hugo", "Ines", "Jonas")
PLACES = ("Berlin", "Paris", "Tokyo", "Lagos", "Lima", "Oslo", "Delhi", "Quito", "Cairo", "Perth")
FORMS = (
    "{n} flew to {p}.",
    "In {p}, {n} met {m}.",
    "{n} and {m} live in {p}",
    "Nothing happened today.",
    "The weather in {p} is bad",
)
DECLARATION = """
name: who
source: {{table: {file}, key: id}}
learn: {{target: spans, question: spans, limits: {{time: {time}}}{learn}}}
{rest}
"""


def texts(count: int) -> list[dict[str, object]]:
    dice = random.Random(3)
    rows: list[dict[str, object]] = []
    for number in range(count):
        form, text, spans = dice.choice(FORMS), "", []
        for part in form.replace("{", "\0{").replace("}", "}\0").split("\0"):
            word = {"{n}": dice.choice(NAMES), "{m}": dice.choice(NAMES), "{p}": dice.choice(PLACES)}.get(part)
            if word is not None:
                spans.append(
                    {"start": len(text), "end": len(text) + len(word), "label": "PLACE" if part == "{p}" else "NAME"}
                )
            text += word or part
        rows.append({"id": f"t{number}", "text": text, "spans": spans})
    return rows


def declare(folder: Path, rows: list[dict[str, object]], time: str = "60s", learn: str = "", rest: str = "") -> Path:
    (folder / "texts.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    path = folder / "who.yaml"
    path.write_text(DECLARATION.format(file="texts.jsonl", time=time, learn=learn, rest=rest), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("who")
    rest = 'decide: {rules: [{if: "len(prediction) >= 3", then: call, because: several are named}]}\nact: {call: {table: calls}}'
    with Workspace(folder / "ws") as workspace:
        result = workspace.run(declare(folder, texts(240), "240s", rest=rest))
        assert result.metrics["entity_f1"] > 0.8
        assert result.metrics["word_accuracy"] > 0.9
    return folder / "ws"


@pytest.mark.slow
def test_spans_of_a_text_are_answered_by_its_own_places(learned: Path) -> None:
    with Workspace(learned) as workspace:
        told = workspace.predict("who", {"text": "  \n In Lima, Hugo met Greta."})["prediction"].to_pylist()[0]
    assert [(one["text"], one["label"]) for one in told] == [("Lima", "PLACE"), ("Hugo", "NAME"), ("Greta", "NAME")]
    assert told[0]["start"] == 7
    assert all(0 < one["score"] <= 1 for one in told)


@pytest.mark.slow
def test_a_decision_goes_by_what_is_found_and_is_replayed(learned: Path) -> None:
    with Workspace(learned) as workspace:
        rows = [{"text": "In Lima, Hugo met Greta."}, {"text": "Nothing happened today."}, {"text": ""}]
        decided = workspace.decide("who", rows).to_pylist()
        assert [row["action"] for row in decided] == ["call", "none", "none"]
        assert workspace.replay(decided[0]["decision"])["same"]
        assert len(workspace.explain("who", decided[0]["decision"])["prediction"]) == 3
        assert workspace.feedback("who", [{"decision": decided[1]["decision"], "outcome": "[]"}])["accepted"] == 1


@pytest.mark.slow
def test_odd_texts_are_answered(learned: Path) -> None:
    odd = [
        "",
        " ",
        "\x00\x07",
        "😀🎉👩‍👩‍👧",
        "a" * 90_000,
        "词" * 5_000,
        "word " * 15_000,
        "‮שלום‬",
        "Ｌｉｍａ",
        "中文 and English Hugo",
    ]
    with Workspace(learned) as workspace:
        answers = workspace.predict("who", [{"text": text} for text in odd])["prediction"].to_pylist()
        for text, spans in zip(odd, answers, strict=True):
            assert all(text[one["start"] : one["end"]] == one["text"] for one in spans)
        with pytest.raises(BadRecord, match="longer than"):
            workspace.decide("who", {"text": "x" * 1_000_000}, strict=True)
        with pytest.raises(BadRecord, match="surrogate"):
            workspace.decide("who", {"text": "\ud800"}, strict=True)


@pytest.mark.slow
def test_what_goes_by_the_clock_or_by_outcomes_is_not_done_again(learned: Path) -> None:
    with Workspace(learned) as workspace:
        with pytest.raises(LearnError, match="not learned anew from outcomes"):
            workspace.models.retrain("who")
        with pytest.raises(LearnError, match="follow the clock"):
            workspace.models.repeat("who")


@pytest.mark.slow
def test_the_model_keeps_what_every_model_keeps(learned: Path) -> None:
    (folder,) = (path.parent for path in learned.rglob("tagger.json"))
    model = open_model(folder, KINDS)
    table = pa.table({"text": [str(row["text"]) for row in texts(60)]})
    assert check_model(model, table, KINDS) == []


@pytest.mark.slow
def test_the_report_has_the_tables_of_tags_and_of_labels(learned: Path) -> None:
    with Workspace(learned) as workspace:
        page = workspace.report("who").read_text(encoding="utf-8")
    for shown in ("B-NAME", "B-PLACE", "Tag by tag", "Label by label", "逐标签"):
        assert shown in page


@pytest.mark.parametrize(
    ("spans", "told"),
    [
        ("no spans at all", "no row has a 'spans'"), ([], "no text to learn from has a span"),
        ([{"start": 5, "end": 1, "label": "A"}], "no row"),
    ],
)  # fmt: skip
def test_targets_without_spans_are_refused(tmp_path: Path, spans: object, told: str) -> None:
    rows = [{**row, "spans": spans} for row in texts(12)]
    with Workspace(tmp_path / "ws") as workspace, pytest.raises(QualityError, match=told):
        workspace.run(declare(tmp_path, rows))


def test_rows_whose_spans_cannot_be_read_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [{**row, "spans": "[[0,"} if number % 3 == 0 else row for number, row in enumerate(texts(30))]
    with Workspace(tmp_path / "ws") as workspace:
        counts = workspace.run(declare(tmp_path, rows, "15s")).counts
    assert counts["unlabelled"] == 10
    assert counts["train"] + counts["test"] == 20


def test_a_label_with_one_example_is_learned_from(tmp_path: Path) -> None:
    rows = texts(20)
    rows[3] = {"id": "x", "text": "Zeppelin once", "spans": [{"start": 0, "end": 8, "label": "SHIP"}]}
    with Workspace(tmp_path / "ws") as workspace:
        assert workspace.run(declare(tmp_path, rows, "15s")).version == 1


@pytest.mark.parametrize(
    ("learn", "error", "told"),
    [
        (", optimise: roc_auc", SpecError, "does not judge spans"), (", positive: a", SpecError, "says nothing of spans"),
        (", word_features: [shapes]", SpecError, "shapes"), (", encoder: nobody/nothing", LearnError, "no encoder 'nobody/nothing'"),
        (", limits: {interpretable: true}", SpecError, "cannot keep"), (", split: {by: part}", UnknownColumn, "no column .part."),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_of_spans_is_refused(
    tmp_path: Path, learn: str, error: type[Exception], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    path = declare(tmp_path, texts(20))
    text = path.read_text(encoding="utf-8").replace(
        ", limits: {time: 60s}", learn if "limits" in learn else f", limits: {{time: 20s}}{learn}"
    )
    path.write_text(text, encoding="utf-8")
    with Workspace(tmp_path / "ws") as workspace, pytest.raises(error, match=told):
        workspace.run(path)


def test_rows_are_parted_as_a_column_says(tmp_path: Path) -> None:
    rows = [{**row, "part": ("train", "valid", "test", "train")[number % 4]} for number, row in enumerate(texts(40))]
    with Workspace(tmp_path / "ws") as workspace:
        counts = workspace.run(declare(tmp_path, rows, "15s", ", split: {by: part}")).counts
    assert (counts["train"], counts["test"]) == (30, 10)


@pytest.mark.parametrize("features", [["shape", "characters"], []])
def test_what_is_seen_of_words_is_declared(tmp_path: Path, features: list[str]) -> None:
    with Workspace(tmp_path / "ws") as workspace:
        workspace.run(declare(tmp_path, texts(20), "15s", f", word_features: {json.dumps(features)}"))
        assert workspace.predict("who", {"text": "In Lima, Hugo met Greta."}).num_rows == 1
    (kept,) = (tmp_path / "ws" / "models").rglob("tagger.json")
    assert json.loads(kept.read_text(encoding="utf-8"))["word_features"] == features
