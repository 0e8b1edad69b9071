"""Choose by money: from the declaration to the report, rules, capacity and weights are heeded; and decided is what was reckoned."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pytest

from mainspring import Automation, Workspace
from mainspring.automation.units import Rate, rate
from mainspring.run.train.stakes import capacity_of

ROWS = 400
GAINS = {"true_positive": 100, "false_positive": -10, "false_negative": -50}


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    dice = np.random.default_rng(0)
    tenure = dice.integers(0, 70, ROWS)
    churn = np.where(dice.random(ROWS) < 0.85 - tenure / 90, "Yes", "No")
    day = np.datetime64("2024-01-01") + (np.arange(ROWS) // 10).astype("timedelta64[D]")
    table = pa.table({
        "customer": np.arange(ROWS), "tenure": tenure, "contract": dice.choice(["month", "year"], ROWS), "day": day.astype(str),
        "worth": np.where(churn == "Yes", 1, 12), "churn": churn,
    })  # fmt: skip
    csv.write_csv(table, tmp_path / "customers.csv")
    return tmp_path / "customers.csv"


def declared(table: Path, *, learn: dict[str, Any] | None = None, **decide: Any) -> Automation:
    return Automation.model_validate({
        "name": "churn", "source": {"table": str(table), "key": "customer", "time": "day"},
        "learn": {"target": "churn", "candidates": ["linear"], "limits": {"time": "60s"}, "split": {"folds": 2, "by": "random"},
                  "exclude": ["day", "worth"], **(learn or {})},
        "decide": {"gains": GAINS, **decide}, "act": {"call": {"table": "calls"}},
    })  # fmt: skip


def threshold_of(space: Workspace) -> float:
    return float(space.models.list("churn")[0].facts["policy"]["threshold"])


def test_the_capacity_raises_the_threshold_and_the_report_says_by_how_much(customers: Path, tmp_path: Path) -> None:
    found: dict[str, tuple[float, str, dict[str, Any]]] = {}
    for name, capacity in {
        "all": None,
        "some": "3 per day",
        "said": "3 of 30 per day",
        "none": "0 of 30 per day",
    }.items():
        with Workspace(tmp_path / name) as space:
            result = space.run(declared(customers, **({} if capacity is None else {"capacity": capacity})))
            assert result.report is not None
            table = {row["policy"]: row for row in result.summary}
            found[name] = threshold_of(space), result.report.read_text(encoding="utf-8"), table
    assert found["none"][0] > found["said"][0] > found["some"][0] > found["all"][0]
    assert found["none"][2]["this automation"]["contacted"] == 0
    assert "by day there are 10.0 rows a period, so 30.0% can be acted on" in found["some"][1]
    assert "3 of 30 rows a period can be acted on (10.0%)" in found["said"][1]
    assert "what the whole decision gains" in found["some"][1]
    assert found["said"][2]["this automation"]["contacted"] <= 0.1 * ROWS * 0.3


def test_what_was_reckoned_on_the_test_rows_is_what_deciding_about_them_earns(customers: Path, tmp_path: Path) -> None:
    rules = [{"if": "contract == 'year'", "then": "skip"}, {"if": "tenure < 3", "then": "call"},
             {"if": "action == 'call' and probability < 0.4", "then": "skip"}]  # fmt: skip
    with Workspace(tmp_path / "here") as space:
        result = space.run(declared(customers, rules=rules))
        table = {row["policy"]: row for row in result.summary}
        rows = space.lake.sql("select * from churn.clean where _part = 'test'").drop_columns(["_part"])
        decided = space.decide("churn", rows.drop_columns(["churn"]).to_pylist())
        outcomes = [
            {"decision": one, "outcome": what}
            for one, what in zip(decided.column("decision").to_pylist(), rows.column("churn").to_pylist(), strict=True)
        ]
        space.feedback("churn", outcomes)
        realised = space.status("churn")["realised"]["mainspring"]
    reckoned = table["this automation"]
    assert (reckoned["contacted"], reckoned["profit"]) == (realised["contacted"], pytest.approx(realised["gain"]))
    assert table["its model alone"]["contacted"] > reckoned["contacted"]
    assert result.report is not None
    page = result.report.read_text(encoding="utf-8")
    assert "heeded in the evaluation, not in the choice" in page
    assert "Its model alone, without rules and capacity" in page


def test_rules_that_decide_everything_still_give_a_model(customers: Path, tmp_path: Path) -> None:
    with Workspace(tmp_path / "here") as space:
        result = space.run(declared(customers, rules=[{"if": "tenure >= 0", "then": "skip"}]))
        assert result.version == 1
        assert result.summary[0]["contacted"] == 0


def test_weights_move_the_threshold(customers: Path, tmp_path: Path) -> None:
    """Who stays counts twelve times: acting on a stayer costs more, though the model's probabilities hold the threshold's place."""
    thresholds = []
    for name, learn in {"plain": {}, "weighted": {"weight": "worth", "exclude": ["day"]}}.items():
        with Workspace(tmp_path / name) as space:
            result = space.run(declared(customers, learn=learn))
            thresholds.append((result.summary[0]["contacted"], result.summary[0]["profit"]))
    assert thresholds[1][0] < thresholds[0][0]


@pytest.mark.parametrize(
    ("capacity", "share", "told"),
    [("5 of 20 per day", 0.25, "as declared"), ("5 per week", 0.5, "by day"), ("100 per day", 1.0, "by day")],
)
def test_the_share_that_can_be_acted_on(capacity: str, share: float, told: str) -> None:
    day = pa.array((np.datetime64("2024-01-04") + np.repeat(np.arange(0, 28, 7), 10)).astype("datetime64[us]"))
    found = capacity_of(declared(Path("x.csv"), capacity=capacity), pa.table({"day": day}))
    assert found.share == pytest.approx(share)
    assert told in found.told


@pytest.mark.parametrize("day", [pa.array(["soon", "later"]), pa.nulls(2, pa.timestamp("us"))])
def test_where_no_time_is_known_it_is_said_what_is_assumed(day: pa.Array) -> None:
    found = capacity_of(declared(Path("x.csv"), capacity="5 per day"), pa.table({"day": day}))
    assert found.share is None
    assert "not known" in found.told


def test_a_capacity_says_of_how_many() -> None:
    assert rate("200 of 1000 per day") == Rate(200, 86400, 1000)
    with pytest.raises(ValueError, match="more than the 100 rows"):
        rate("200 of 100 per day")
