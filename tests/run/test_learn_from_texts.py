"""An automation over a CSV file with a column of free text: learned, asked, decided, opened again."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainspring import Workspace
from mainspring.errors import ExportError

GOOD = ("wonderful stay", "very friendly people", "lovely breakfast", "房间很干净", "服务特别好", "早餐好吃")
BAD = ("dirty room", "rude people at the desk", "awful breakfast", "房间太脏了", "服务态度很差", "早餐难吃")
OPENINGS = (
    "we came in march and found a",
    "second night here:",
    "honest opinion,",
    "这次入住",
    "总的来说",
    "第二次来，",
)


def _write(path: Path, rows: int = 240, seed: int = 5) -> None:
    dice = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["guest", "review", "nights", "mood"])
        for number in range(rows):
            mood = dice.choice(["good", "bad"])
            review = f"{dice.choice(OPENINGS)} {dice.choice(GOOD if mood == 'good' else BAD)} {number}"
            out.writerow([f"G{number}", review, dice.randint(1, 9), mood])


DECLARATION = """
name: reviews
source: {table: reviews.csv, key: guest}
learn: {target: mood, positive: bad, limits: {time: 30s}, candidates: [tfidf_linear], split: {folds: 3}}
decide: {gains: {true_positive: 10, false_positive: -1, false_negative: -5}}
act: {call: {table: calls}}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reviews")
    _write(folder / "reviews.csv")
    (folder / "reviews.yaml").write_text(DECLARATION, encoding="utf-8")
    with Workspace(folder / "space") as workspace:
        workspace.run(folder / "reviews.yaml")
    return folder


@pytest.fixture
def workspace(place: Path) -> Iterator[Workspace]:
    with Workspace(place / "space") as opened:
        yield opened


def test_who_reads_is_chosen_and_answers(workspace: Workspace) -> None:
    rows = [
        {"review": "wonderful, friendly people"},
        {"review": "服务态度很差，房间太脏"},
        {"review": None},
        {"nights": 3},
    ]
    answers = workspace.predict("reviews", rows)
    assert answers["prediction"].to_pylist()[:2] == ["good", "bad"]
    assert answers["prediction"].null_count == 0
    alone = [workspace.predict("reviews", [row])["probability_bad"].to_pylist()[0] for row in rows]
    assert alone == pytest.approx(answers["probability_bad"].to_pylist(), abs=1e-9)


def test_the_report_shows_it_among_the_candidates(workspace: Workspace) -> None:
    page = workspace.report("reviews").read_text(encoding="utf-8")
    assert "tfidf_linear" in page
    assert workspace.models.list("reviews")[0].metrics["accuracy"] > 0.95


def test_a_decision_has_the_words_that_pushed_among_its_reasons(workspace: Workspace) -> None:
    made = workspace.decide("reviews", [{"guest": "N1", "review": "总的来说 dirty room and rude people", "nights": 3}])
    assert made["action"].to_pylist() == ["call"]
    reasons = " ".join(made["reasons"].to_pylist()[0])
    assert "“dirty”" in reasons
    assert workspace.replay(made["decision"].to_pylist()[0])["same"]


def test_a_text_that_is_declared_one_is_read(tmp_path: Path) -> None:
    # The few different answers look like a category.
    with (tmp_path / "notes.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["note", "number", "kind"])
        for number in range(120):
            out.writerow(["ok" if number % 3 else "no good", number, "a" if number % 3 else "b"])
    declared = (
        "{{name: n, source: {{table: notes.csv}}, {prepare} "
        "learn: {{target: kind, limits: {{time: 20s}}, candidates: [tfidf_linear, linear]}}}}"
    )
    left_out: list[bool] = []
    for name, prepare in (("guessed", ""), ("declared", "prepare: {types: {note: text}},")):
        (tmp_path / f"{name}.yaml").write_text(declared.format(prepare=prepare), encoding="utf-8")
        with Workspace(tmp_path / name) as workspace:
            if prepare:
                workspace.run(tmp_path / f"{name}.yaml")
                left_out.append("there is no column of free text" in workspace.report("n").read_text(encoding="utf-8"))
            else:
                names = [one["name"] for one in workspace.plan(tmp_path / f"{name}.yaml")["candidates"]]
                left_out.append("tfidf_linear" not in names)
    assert left_out == [True, False]


def test_what_reads_a_text_is_not_exported_and_says_so(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="review") as refused:
        workspace.models.export("reviews", tmp_path / "out.onnx")
    assert "exclude" in str(refused.value)
