"""An automation over two columns that are read together: learned, asked, decided, opened again; odd columns are refused."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainspring import Workspace
from mainspring.errors import QualityError, UnknownColumn

NAMES = ("parcel", "refund", "login", "invoice", "price", "包裹", "退款", "登录", "发票", "价格")
OPENINGS = ("please help me with the {}", "a question about the {}", "{}?", "想问一下{}的事", "关于{}")

DECLARATION = """
name: same_question
source: {{table: questions.csv, key: id}}
learn: {{target: same, pair: {}, limits: {{time: 30s}}, candidates: [tfidf_linear], split: {{folds: 3}}}}
decide: {{rules: [{{if: "prediction == 'yes'", then: merge, because: it was asked before}}]}}
act: {{merge: {{table: merged}}}}
"""


def _questions(count: int, seed: int) -> Iterator[tuple[str, str, str]]:
    """Two questions, and whether they are about the same: every name is in as many pairs that are as in such that are not."""
    dice = random.Random(seed)
    for number in range(count):
        subject, other = dice.sample(NAMES, 2)
        same = number % 2 == 0
        one, two = (dice.choice(OPENINGS).format(name) for name in (subject, subject if same else other))
        yield one, two, "yes" if same else "no"


def _write(path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["id", "question", "before", "number", "always", "same"])
        for number, (one, two, same) in enumerate(_questions(400, 3)):
            out.writerow([f"Q{number}", one, two, number * 7 % 11, "hello", same])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("questions")
    _write(folder / "questions.csv")
    (folder / "questions.yaml").write_text(DECLARATION.format("[question, before]"), encoding="utf-8")
    with Workspace(folder / "space") as workspace:
        workspace.run(folder / "questions.yaml")
    return folder


@pytest.fixture
def workspace(place: Path) -> Iterator[Workspace]:
    with Workspace(place / "space") as opened:
        yield opened


def test_what_no_column_tells_is_learned_and_told_in_the_report(workspace: Workspace) -> None:
    fresh = list(_questions(200, 4))
    answers = workspace.predict("same_question", [{"question": one, "before": two} for one, two, _ in fresh])
    right = [a == same for a, (_, _, same) in zip(answers["prediction"].to_pylist(), fresh, strict=True)]
    assert sum(right) > 0.8 * len(right)
    assert "question and before are read together" in workspace.report("same_question").read_text(encoding="utf-8")


def test_a_pair_is_decided_about(workspace: Workspace) -> None:
    asked = [
        {"id": "N1", "question": "退款?", "before": "想问一下退款的事"},
        {"id": "N2", "question": "price?", "before": "关于发票"},
    ]
    assert workspace.decide("same_question", asked)["action"].to_pylist() == ["merge", "none"]


def test_odd_pairs_are_answered(workspace: Workspace) -> None:
    odd = [{"question": odd, "before": "关于退款"} for odd in (None, "", "😀", "x" * 1_000_000, "\x00")]
    assert set(workspace.predict("same_question", odd)["prediction"].to_pylist()) <= {"no", "yes"}


@pytest.mark.parametrize(
    ("pair", "error", "told"),
    [
        ("[question, befor]", UnknownColumn, "did you mean 'before'"),
        ("[question, number]", QualityError, "'number' is one of the pair to be read together, and holds no text"),
        ("[always, before]", QualityError, "'always' is one of the pair to be read together, and holds one text only"),
    ],
)
def test_columns_that_cannot_be_read_together_are_refused(
    place: Path, workspace: Workspace, pair: str, error: type[Exception], told: str
) -> None:
    other = place / "odd.yaml"
    other.write_text(DECLARATION.format(pair).replace("same_question", "odd"), encoding="utf-8")
    with pytest.raises(error, match=told):
        workspace.run(other)
