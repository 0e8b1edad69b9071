"""Learning is repeated on other splits: the figures of each, and their spread."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pytest

from mainspring import Automation, Workspace
from mainspring.errors import QualityError

ROWS = 300


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    dice = np.random.default_rng(0)
    tenure = dice.integers(0, 70, ROWS)
    churn = np.where(dice.random(ROWS) < 0.85 - tenure / 90, "Yes", "No")
    day = np.datetime64("2024-01-01") + np.arange(ROWS).astype("timedelta64[D]")
    charges = dice.normal(70, 20, ROWS).round(2)
    table = pa.table({"tenure": tenure, "charges": charges, "day": day.astype(str), "churn": churn})
    csv.write_csv(table, tmp_path / "customers.csv")
    return tmp_path / "customers.csv"


def declared(table: Path, **more: object) -> Automation:
    learn = {"target": "churn", "candidates": ["linear"], "limits": {"time": "60s"}, "split": {"folds": 2}, **more}
    return Automation.model_validate({"name": "churn", "source": {"table": str(table), "time": "day"}, "learn": learn})


def test_each_split_is_judged_on_rows_of_its_own_and_one_version_is_registered(customers: Path, tmp_path: Path) -> None:
    automation = declared(customers, repeats=3, split={"by": "random", "folds": 2})
    with Workspace(tmp_path / "here") as space:
        result = space.run(automation)
        assert len(space.models.list("churn")) == 1
    assert result.report is not None
    page = result.report.read_text(encoding="utf-8")
    assert "Over 3 splits" in page
    assert "from split to split" in page


def test_by_time_more_splits_than_the_rows_make_are_refused_before_anything_is_learned(
    customers: Path, tmp_path: Path
) -> None:
    with Workspace(tmp_path / "here") as space:
        with pytest.raises(QualityError, match="do not make 5 test parts") as caught:
            space.run(declared(customers, repeats=5))
        assert "less often" in str(caught.value.remedy)


def test_without_repeats_nothing_is_said_of_splits(customers: Path, tmp_path: Path) -> None:
    with Workspace(tmp_path / "here") as space:
        report = space.run(declared(customers)).report
    assert report is not None
    assert "Over 3 splits" not in report.read_text(encoding="utf-8")
