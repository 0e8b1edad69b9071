"""People label the rows that help most, and mend labels that are doubted; the next run learns from it."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from mainspring import Workspace
from mainspring.errors import NotFound, QualityError, SpecError
from mainspring.faces.cli.main import app

WORDS = {"food": ("soup", "bread", "cake", "salad"), "travel": ("train", "ticket", "hotel", "flight")}
FRAMES = (
    "I want a {} and a {} today",
    "where is my {} with {}?",
    "the {} was late, the {} too",
    "no {} without {} please",
)
DECLARATION = """
name: desk
source: {{table: desk.csv, {key}}}
prepare: {{types: {{text: text}}}}
learn: {{target: {target}, limits: {{time: 20s}}, candidates: [{learner}], split: {{folds: 3}}}}
"""
SURE, UNSURE, WRONG = "U1", "U0", ("M0", "M1", "M2")


def _declare(folder: Path, *, key: str = "key: id", target: str = "about", learner: str = "tfidf_linear") -> Path:
    dice = random.Random(1)

    def text(about: str) -> str:
        return f"{dice.choice(FRAMES).format(*dice.sample(WORDS[about], 2))} {dice.randint(0, 10**6)}"

    rows = [[f"R{i}", text(about := dice.choice(list(WORDS))), about, i] for i in range(160)]
    rows += [[key, text("food"), "travel", 1] for key in WRONG]
    rows += [[UNSURE, "I want a soup and a ticket today", "", 1], [SURE, "the flight was late, the hotel too", "", 1]]
    with (folder / "desk.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["id", "text", "about", "size"], *rows])
    path = folder / "desk.yaml"
    path.write_text(DECLARATION.format(key=key, target=target, learner=learner), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk")
    with Workspace(folder / "space") as workspace:
        workspace.run(_declare(folder))
    return folder


@pytest.fixture
def workspace(place: Path) -> Iterator[Workspace]:
    with Workspace(place / "space") as opened:
        yield opened


def test_the_row_that_helps_most_comes_first(workspace: Workspace) -> None:
    asked = workspace.labels.queue("desk")
    assert {row["key"] for row in asked} == {SURE, UNSURE}
    chances = {row["key"]: row["chance"] for row in asked}
    assert chances[UNSURE] < chances[SURE]
    assert asked[0]["columns"]["text"].startswith(("I want", "the flight"))
    assert all("about" not in row["columns"] for row in asked)


def test_labels_that_are_wrong_are_doubted(workspace: Workspace) -> None:
    doubted = workspace.labels.doubtful("desk")
    learned_from = {row["key"] for row in doubted} & set(WRONG)
    assert learned_from
    assert len(doubted) <= len(WRONG) + 2
    row = next(row for row in doubted if row["key"] in WRONG)
    assert (row["label"], row["guess"]) == ("travel", "food")


def test_what_is_answered_is_kept_and_not_asked_again(place: Path) -> None:
    runner = CliRunner()
    arguments = ["label", "desk", "-w", str(place / "space")]
    listed = runner.invoke(app, [*arguments, "--json"])
    assert listed.exit_code == 0, listed.output
    # The first is answered with a number that there is not, a number, then it is stopped.
    first = runner.invoke(app, arguments, input="99\n1\nq\n")
    assert first.exit_code == 0, first.output
    assert "1 labels kept" in first.output
    with Workspace(place / "space") as workspace:
        (left,) = workspace.labels.queue("desk")
    second = runner.invoke(app, arguments, input="sports\nsports\n")
    assert "type it again" in second.output
    with Workspace(place / "space") as workspace:
        assert workspace.labels.queue("desk") == []
        assert workspace.labels.classes("desk")[-1] == "sports"
        assert left["key"] in (SURE, UNSURE)
    assert "no row" in runner.invoke(app, arguments).output
    ended = runner.invoke(app, [*arguments, "--doubtful"], input="")
    assert "0 labels kept" in ended.output


@pytest.mark.slow
def test_the_next_run_learns_from_them(tmp_path: Path) -> None:
    path = _declare(tmp_path)
    with Workspace(tmp_path / "space") as workspace:
        before = workspace.run(path).counts
        doubted = workspace.labels.doubtful("desk")
        workspace.labels.keep(
            "desk", {SURE: "travel", UNSURE: " food ", **{row["key"]: row["guess"] for row in doubted}}
        )
        after = workspace.run(path, fresh=True).counts
        assert before["unlabelled"] == 2
        assert after["unlabelled"] == 0
        again = workspace.labels.doubtful("desk")
        assert not {row["key"] for row in again} & {row["key"] for row in doubted}
        rows = workspace.lake.sql("select id, about from desk.clean where id in ('U0', 'U1')")
        assert dict(zip(rows["id"].to_pylist(), rows["about"].to_pylist(), strict=True)) == {
            "U0": "food",
            "U1": "travel",
        }


@pytest.mark.slow
def test_a_label_of_another_kind_is_refused_by_the_run(tmp_path: Path) -> None:
    path = _declare(tmp_path, target="size", learner="linear")
    path.write_text(
        path.read_text().replace("target: size", "target: size, question: class").replace("desk.csv", "desk.parquet")
    )
    rows = {
        "id": [f"R{i}" for i in range(60)],
        "text": [f"some words {i} here" for i in range(60)],
        "size": [i % 2 for i in range(60)],
    }
    pq.write_table(pa.table(rows), tmp_path / "desk.parquet")
    with Workspace(tmp_path / "space") as workspace:
        workspace.run(path)
        workspace.labels.keep("desk", {"R1": "0"})
        workspace.run(path, fresh=True)
        workspace.labels.keep("desk", {"R1": "large"})
        with pytest.raises(QualityError, match="label"):
            workspace.run(path, fresh=True)


@pytest.mark.slow
def test_without_a_key_or_classes_it_says_what_to_do(tmp_path: Path) -> None:
    with Workspace(tmp_path / "space") as workspace:
        with pytest.raises(NotFound):
            workspace.labels.queue("desk")
        workspace.run(_declare(tmp_path, key="time: size", learner="linear"))
        with pytest.raises(SpecError, match=r"source\.key"):
            workspace.labels.queue("desk")
