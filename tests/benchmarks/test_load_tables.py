"""The tables that selection is measured on: real files and packages, read without their traps."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tables
from tables.arff import read_arff
from tables.task import Task

NEEDED = 35


def loaded(name: str) -> Task:
    try:
        return tables.load(name)
    except tables.Unavailable as absent:
        pytest.skip(str(absent))


def test_there_are_enough_tables_and_the_issues_own_first() -> None:
    assert len(tables.names()) >= NEEDED
    assert tables.names()[:4] == ["wa_churn", "credit_data", "ames", "hotel_rates"]
    assert not set(tables.names()) & set(tables.LEFT_OUT)


@pytest.mark.parametrize(
    ("name", "rows", "columns", "metric"),
    [
        ("wa_churn", 7_043, 20, "roc_auc"),  # without the package's count of rows
        ("ames", 2_930, 74, "rmse"),
        ("hpc_data", 4_331, 8, "log_loss"),
        ("adult", 48_842, 15, "roc_auc"),  # two parts, whose labels are written differently
        ("bank_marketing", 45_211, 16, "roc_auc"),  # without the call's duration, which tells the answer
        ("coil2000", 9_822, 86, "roc_auc"),  # the second part's targets lie in another file
        ("give_me_some_credit", 150_000, 11, "roc_auc"),  # the first column is an index
        ("beijing_pollution", 41_757, 12, "rmse"),  # hours without a measurement are dropped
        ("mammography", 11_183, 7, "roc_auc"),  # labels between quotes
        ("optdigits", 5_620, 65, "log_loss"),  # labels that look like numbers
        ("splice", 3_190, 61, "log_loss"),  # without the name of each sequence
        ("hypothyroid", 3_770, 30, "log_loss"),  # two rows of a class that cannot be split
        ("pol", 15_000, 27, "rmse"),
    ],
)
def test_a_table_is_what_its_authors_counted(name: str, rows: int, columns: int, metric: str) -> None:
    task = loaded(name)
    assert task.frame.shape == (rows, columns)
    assert task.metric == metric


def test_labels_are_the_same_in_both_parts() -> None:
    assert loaded("adult").classes == ["<=50K", ">50K"]


def test_a_seed_always_gives_the_same_rows() -> None:
    task = loaded("credit_data")
    train, test = tables.fold(task, 3)
    again, _ = tables.fold(task, 3)
    other, _ = tables.fold(task, 4)
    pd.testing.assert_frame_equal(train, again)
    assert not train.equals(other)
    assert (len(train), len(test)) == (3_117, 1_337)
    share = task.frame["Status"].eq("bad").mean()
    assert abs(test["Status"].eq("bad").mean() - share) < 0.001


def test_a_folder_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tables.shared.FOLDER", tmp_path)
    with pytest.raises(tables.Unavailable, match=r"adult\.data\.gz is not there"):
        tables.load("adult")


def test_arff_is_read_as_its_header_says(tmp_path: Path) -> None:
    text = (
        "% made by hand\n@RELATION x\n@ATTRIBUTE 'its age' REAL\n@attribute code {1, 2}\n@attribute word {'a b',c}\n"
        "@DATA\n% none yet\n 3.5, 1,'a b'\n?,2,?\n"
    )
    (tmp_path / "x.arff").write_text(text, encoding="utf-8")
    frame = read_arff(tmp_path / "x.arff")
    assert list(frame.columns) == ["its age", "code", "word"]
    assert frame["code"].tolist() == ["1", "2"]
    assert frame["its age"].tolist()[0] == 3.5
    assert frame["word"].tolist()[0] == "a b"
    assert frame.isna().sum().tolist() == [1, 0, 1]


def test_answers_are_scored_whatever_the_order_of_their_columns() -> None:
    frame = pd.DataFrame({"x": range(30), "y": ["a", "b", "c"] * 10})
    task = Task.of("made", frame, "y", "class")
    sure = pd.DataFrame({label: (task.frame["y"] == label) * 1.0 for label in ("c", "a", "b")})
    assert tables.score(task, task.frame["y"], sure) == pytest.approx(0, abs=1e-9)
    blind = sure.assign(a=sure["a"] + sure["b"]).drop(columns="b")
    assert tables.score(task, task.frame["y"], blind) > 5  # a class that is never thought of costs
    even = pd.DataFrame(np.full((30, 3), 1 / 3), columns=["a", "b", "c"])
    assert tables.score(task, task.frame["y"], even) == pytest.approx(np.log(3))
