"""The same contract for what is really served: a blend of models over raw rows of real tables, missing values and all."""

import gzip
import time
from dataclasses import replace
from pathlib import Path
from typing import cast

import pyarrow as pa
import pytest
from pyarrow import csv

from mainspring.automation.prepare import Prepare
from mainspring.model import Prepared, Question
from mainspring.steps.learn.blend.calibration import Calibration
from mainspring.steps.learn.blend.model import Blend
from mainspring.steps.learn.checks import check_model
from mainspring.steps.learn.kinds import MODELS, learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.scores import Scores
from mainspring.steps.prepare.clean import plan
from mainspring.steps.prepare.kinds import TRANSFORMS
from mainspring.steps.prepare.preparer import TablePreparer

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "tabular"
SMALL = {
    "linear": {}, "extra_trees": {"trees": 10}, "lightgbm": {"tuned": {"rounds": 20}}, "xgboost": {"tuned": {"rounds": 20}},
    "catboost": {"tuned": {"rounds": 20}},
}  # fmt: skip
CHURN = Goal(Question.CLASS, "Churn", "log_loss", ("No", "Yes"), "Yes")
PRICE = Goal(Question.NUMBER, "median_house_value", "rmse")
TABLES = [
    pytest.param("telco_customer_churn/Telco-Customer-Churn.csv.gz", CHURN, "customerID", id="churn"),
    pytest.param("california_housing/housing.csv.gz", PRICE, None, id="prices"),
]


def rows(file: str) -> pa.Table:
    if not (DATA / file).exists():
        pytest.skip(f"the data set {file} is not here")
    with gzip.open(DATA / file) as content:
        return csv.read_csv(content).slice(0, 1500)


@pytest.mark.parametrize(("file", "goal", "key"), TABLES)
def test_a_blend_over_raw_rows_keeps_the_contract(
    file: str, goal: Goal, key: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    table = rows(file)
    reading = plan(table, Prepare(), target=goal.target, key=key)
    prepared = TablePreparer(reading, goal.target, key, (), goal.question, goal.classes, goal.positive).fit(table)
    answers = reading.apply(table).column(goal.target)
    train = prepared.train.append_column(goal.target, answers)
    budget = Budget(time.monotonic() + 60.0, 1)
    members = [cast(Scores, learner_named(n, **s).fit(train, None, goal, budget)) for n, s in SMALL.items()]
    blend = Blend(replace(members[0].card, kind="blend"), members, [1 / len(members)] * len(members), Calibration())
    model = Prepared(prepared.transform, blend, replace(blend.card, kind="prepared", input=prepared.transform.input))
    given = table.drop_columns([goal.target])
    assert check_model(model, given.slice(0, 300), {**MODELS, **TRANSFORMS}) == []
    assert capfd.readouterr() == ("", "")
