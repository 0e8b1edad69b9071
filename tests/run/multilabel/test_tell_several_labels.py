"""An automation tells several labels of a text: from a table in any of its forms to a version that decides, with a report."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from mainspring import Workspace
from mainspring.errors import BadRecord, LearnError, QualityError, SpecError, UnknownColumn
from mainspring.faces.cli.main import app

SAID = {
    "billing": (
        "I was charged twice",
        "the invoice is wrong",
        "my card was billed again",
        "发票金额不对",
        "重复扣款了",
    ),
    "delivery": (
        "the parcel never came",
        "the courier was late",
        "delivery took two weeks",
        "包裹一直没到",
        "快递太慢了",
    ),
    "quality": ("it broke after a day", "the fabric is torn", "the screen is scratched", "屏幕有划痕", "用一天就坏了"),
    "refund": ("I want my money back", "please refund me", "when do I get it back", "我要退款", "请把钱退给我"),
}
DECLARATION = """
name: topics
source: {{table: {file}, key: id}}
learn: {{target: topics, question: labels, limits: {{time: {time}}}{learn}}}
{rest}
"""
DECIDE = """
decide: {rules: [{if: "'refund' in prediction and probability > 0.5", then: refund, because: money is asked back}]}
act: {refund: {table: refunds}}
"""
Rows = list[dict[str, Any]]


def complaints(count: int, seed: int = 3) -> Rows:
    dice = random.Random(seed)
    rows: Rows = []
    for number in range(count):
        labels = dice.sample(sorted(SAID), dice.choice([0, 1, 1, 2, 2, 3]))
        text = f"{'. '.join(dice.choice(SAID[label]) for label in labels) or 'hello, 你好'} {number}"
        rows.append({"id": f"t{number}", "text": text, "topics": labels})
    return rows


def as_json_lines(folder: Path, rows: Rows) -> str:
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "topics.jsonl").write_text(text + "\n", encoding="utf-8")
    return "topics.jsonl"


def as_parquet(folder: Path, rows: Rows) -> str:
    kind = pa.schema([("id", pa.string()), ("text", pa.string()), ("topics", pa.list_(pa.string()))])
    parquet.write_table(pa.Table.from_pylist(rows, schema=kind), folder / "topics.parquet")
    return "topics.parquet"


def as_csv(folder: Path, rows: Rows, separator: str = "|") -> str:
    lines = [f'{row["id"]},"{row["text"]}","{separator.join(row["topics"])}"' for row in rows]
    (folder / "topics.csv").write_text("\n".join(["id,text,topics", *lines]) + "\n", encoding="utf-8")
    return "topics.csv"


def declare(
    folder: Path, rows: Rows, time: str = "20s", learn: str = "", rest: str = "", written: Any = as_json_lines
) -> Path:
    path = folder / "topics.yaml"
    file = written(folder, rows)
    path.write_text(DECLARATION.format(file=file, time=time, learn=learn, rest=rest), encoding="utf-8")
    return path


WORDS = ", candidates: [tfidf_linear]"


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("topics")
    with Workspace(folder / "ws") as workspace:
        result = workspace.run(declare(folder, complaints(240), "60s", rest=DECIDE))
        assert result.metrics["micro_f1"] > 0.95
        assert result.metrics["subset_accuracy"] > 0.9
        assert {line["name"] for line in result.leaderboard} == {"tfidf_linear", "encoder_linear"}
        assert {line["label"] for line in result.summary} == {*SAID, "(all)"}
        assert all(line["support"] > 0 for line in result.summary)
    return folder / "ws"


def test_several_labels_are_told_each_with_its_probability(learned: Path) -> None:
    with Workspace(learned) as workspace:
        (told,) = workspace.predict("topics", {"text": "the courier was late and I want my money back"}).to_pylist()
        (chinese,) = workspace.predict("topics", {"text": "屏幕有划痕，请把钱退给我"}).to_pylist()
        (nothing,) = workspace.predict("topics", {"text": "hello"}).to_pylist()
    assert told["prediction"] == ["delivery", "refund"]
    assert chinese["prediction"] == ["quality", "refund"]
    assert nothing["prediction"] == []
    assert min(told["probability_delivery"], told["probability_refund"]) > max(
        told["probability_billing"], told["probability_quality"]
    )


def test_a_decision_goes_by_a_label_and_is_replayed(learned: Path) -> None:
    with Workspace(learned) as workspace:
        rows = [{"text": "please refund me"}, {"text": "it broke after a day"}, {"text": ""}, {}]
        decided = workspace.decide("topics", rows).to_pylist()
        assert [row["action"] for row in decided] == ["refund", "none", "none", "none"]
        assert workspace.replay(decided[0]["decision"])["same"]
        told = workspace.explain("topics", decided[0]["decision"])
        assert told["prediction"] == ["refund"]
        assert set(told["probabilities"]) == set(SAID)


def test_outcomes_are_lists_of_labels_too(learned: Path) -> None:
    with Workspace(learned) as workspace:
        ids = [
            row["decision"]
            for row in workspace.decide(
                "topics", [{"text": "please refund me"}, {"text": "late"}, {"text": "x"}]
            ).to_pylist()
        ]
        heard = [{"decision": ids[0], "outcome": ["refund", "billing"]}, {"decision": ids[1], "outcome": []}]
        assert workspace.feedback("topics", heard)["accepted"] == 2
        with pytest.raises(BadRecord, match="the classes are billing, delivery"):
            workspace.feedback("topics", [{"decision": ids[2], "outcome": ["refnud"]}])
        with pytest.raises(BadRecord, match="is no value of 'topics'"):
            workspace.feedback("topics", [{"decision": ids[2], "outcome": {"a": 1}}])
        assert workspace.watching.look("topics") is not None


def test_a_typed_client_sends_and_gets_lists(learned: Path) -> None:
    with Workspace(learned) as workspace:
        source = workspace.contracts.client("topics")
    compile(source, "client.py", "exec")
    assert "Outcome = list[Literal['billing', 'delivery', 'quality', 'refund']]" in source


def test_what_goes_by_the_clock_or_has_several_labels_is_refused(learned: Path) -> None:
    with Workspace(learned) as workspace:
        with pytest.raises(LearnError, match="follow the clock"):
            workspace.models.repeat("topics")
        with pytest.raises(SpecError, match="several labels at once"):
            workspace.labels.queue("topics")
        with pytest.raises(BadRecord, match="longer than"):
            workspace.decide("topics", {"text": "x" * 1_000_000}, strict=True)


def test_the_report_has_a_line_a_label_in_both_languages(learned: Path) -> None:
    with Workspace(learned) as workspace:
        page = workspace.report("topics").read_text(encoding="utf-8")
    for shown in (
        "Each label by itself",
        "逐个标签",
        "subset accuracy",
        "子集准确率",
        "Hamming loss",
        "several at once or none",
    ):
        assert shown in page


@pytest.mark.parametrize("written", [as_parquet, as_csv, lambda folder, rows: as_csv(folder, rows, "、")])
def test_every_way_to_write_labels_is_read(tmp_path: Path, written: Callable[[Path, Rows], str]) -> None:
    with Workspace(tmp_path / "ws") as workspace:
        result = workspace.run(declare(tmp_path, complaints(80), learn=WORDS, written=written))
        assert result.counts["unlabelled"] == 0  # of texts, a blank one means that there is none
        assert {line["label"] for line in result.summary} == {*SAID, "(all)"}


def test_a_separator_is_declared(tmp_path: Path) -> None:
    rows = [{**row, "topics": ["~".join(row["topics"])]} for row in complaints(60)]
    learn = f'{WORDS}, separator: "~"'
    with Workspace(tmp_path / "ws") as workspace:
        result = workspace.run(declare(tmp_path, rows, learn=learn, written=as_csv))
        assert {line["label"] for line in result.summary} == {*SAID, "(all)"}


def test_a_separator_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = declare(tmp_path, complaints(60), learn=', separator: "~"', written=as_csv)
    with (
        Workspace(tmp_path / "ws") as workspace,
        pytest.raises(SpecError, match=r"(?s)separator '~'.*did you mean '\|'"),
    ):
        workspace.run(path)


def test_single_labels_are_noted(tmp_path: Path) -> None:
    rows = [{**row, "topics": row["topics"][:1]} for row in complaints(60)]
    with Workspace(tmp_path / "ws") as workspace:
        notes = workspace.run(declare(tmp_path, rows, learn=WORDS)).notes
    assert any("no row has several labels" in note for note in notes)


def test_what_is_marked_as_not_known_is_left_out(tmp_path: Path) -> None:
    rows = [{**row, "topics": ["?"]} if number % 4 == 0 else row for number, row in enumerate(complaints(60))]
    path = declare(tmp_path, rows, learn=WORDS, rest='prepare: {missing: ["?"]}', written=as_csv)
    with Workspace(tmp_path / "ws") as workspace:
        counts = workspace.run(path).counts
    assert counts["unlabelled"] == 15


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (7, "(?s)no row has a 'topics'.*a list of words"), (2.5, "no row has a 'topics'"), (True, "no row has a 'topics'"),
        (None, "no row has a 'topics'"), ([], "no row of 'topics' has a label"), ([[1.5]], "no row has a 'topics'"),
    ],
)  # fmt: skip
def test_targets_that_are_no_lists_of_labels_are_refused(tmp_path: Path, target: object, told: str) -> None:
    rows = [{**row, "topics": target} for row in complaints(20)]
    with Workspace(tmp_path / "ws") as workspace, pytest.raises(QualityError, match=told):
        workspace.run(declare(tmp_path, rows))


def test_too_many_labels_are_refused(tmp_path: Path) -> None:
    rows = [{**row, "topics": [f"a{number}", f"b{number}"]} for number, row in enumerate(complaints(600))]
    with Workspace(tmp_path / "ws") as workspace, pytest.raises(QualityError, match="1,200 different labels"):
        workspace.run(declare(tmp_path, rows))


def test_a_label_with_one_example_is_learned_from(tmp_path: Path) -> None:
    for number in range(3):  # wherever the row falls, it is learned from
        folder = tmp_path / str(number)
        folder.mkdir()
        rows = complaints(24)
        rows[number * 7]["topics"] = ["zeppelin"]
        with Workspace(folder / "ws") as workspace:
            result = workspace.run(declare(folder, rows, learn=WORDS))
            assert "probability_zeppelin" in workspace.predict("topics", {"text": "a"}).column_names
        assert result.version == 1


def test_labels_on_test_rows_alone_are_missed_and_told(tmp_path: Path) -> None:
    rows = [
        {**row, "part": ("train", "valid", "test", "train")[number % 4]} for number, row in enumerate(complaints(80))
    ]
    rows[2]["topics"] = ["zeppelin"]
    with Workspace(tmp_path / "ws") as workspace:
        result = workspace.run(declare(tmp_path, rows, learn=f"{WORDS}, split: {{by: part}}"))
        page = workspace.report("topics").read_text(encoding="utf-8")
        assert "probability_zeppelin" not in workspace.predict("topics", {"text": "a"}).column_names
    (line,) = [line for line in result.summary if line["label"] == "zeppelin"]
    assert (line["recall"], line["support"]) == (0.0, 1)
    assert "On test rows alone, thus never learned: zeppelin" in page
    assert result.counts["train"] == 60


@pytest.mark.parametrize(
    ("learn", "error", "told"),
    [
        (", optimise: roc_auc", SpecError, "does not judge labels"), (", candidates: [lightgbm]", SpecError, "does not answer several"),
        (", limits: {runtime: onnx}", SpecError, "cannot keep"), (", split: {by: part}", UnknownColumn, "no column .part."),
        (", encoder: nobody/nothing", LearnError, "no encoder 'nobody/nothing'"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_of_labels_is_refused(
    tmp_path: Path, learn: str, error: type[Exception], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    path = declare(tmp_path, complaints(20), learn=learn)
    if "limits" in learn:
        path.write_text(path.read_text(encoding="utf-8").replace("limits: {time: 20s}, ", ""), encoding="utf-8")
    with Workspace(tmp_path / "ws") as workspace, pytest.raises(error, match=told):
        workspace.run(path)


def test_several_columns_of_text_are_declared(tmp_path: Path) -> None:
    rows = [{"title": row["text"][:10], "body": row["text"][10:], **row} for row in complaints(60)]
    path = declare(tmp_path, rows, learn=WORDS, rest="prepare: {types: {title: text, body: text}}")
    with Workspace(tmp_path / "ws") as workspace:
        workspace.run(path)
        assert workspace.contracts.of("topics")["record"]["properties"].keys() >= {"title", "body"}


def test_a_terminal_is_told_label_by_label(tmp_path: Path) -> None:
    path = declare(tmp_path, complaints(60), learn=WORDS)
    where = ["-w", str(tmp_path / "ws")]
    planned = CliRunner().invoke(app, ["plan", str(path), "--json", *where])
    assert planned.exit_code == 0, planned.output
    done = CliRunner().invoke(app, ["run", str(path), "--json", *where])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {"micro_f1", "macro_f1", "subset_accuracy", "hamming_loss"} <= told["metrics"].keys()
    assert {"label", "precision", "recall", "f1", "support"} == told["summary"][0].keys()
