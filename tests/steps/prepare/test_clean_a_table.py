"""Types are told by evidence, and so is what means missing."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest

from mainspring.automation.prepare import Prepare
from mainspring.errors import UnknownColumn
from mainspring.steps.prepare.clean import CleaningPlan, plan, with_target


def clean(values: list, **prepare: object) -> list:
    return how(values, **prepare).apply(pa.table({"x": values}))["x"].to_pylist()


def how(values: list, **prepare: object) -> CleaningPlan:
    return plan(pa.table({"x": values}), Prepare.model_validate(prepare), target=None, key=None)


def kind(values: list, name: str = "x") -> str:
    return plan(pa.table({name: values}), Prepare(), target=None, key=None).columns[0].reading.kind


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["1", " 2.5 ", "-3e2"], [1.0, 2.5, -300.0]),
        (["1,234", "1,234,567.89", "12"], [1234.0, 1234567.89, 12.0]),
        (["1.234,5", "3,25", "1.234"], [1234.5, 3.25, 1234.0]),
        (["1 234,5", "7,5"], [1234.5, 7.5]),
        (["$5", "￥1,200.50", "3元", "EUR 7"], [5.0, 1200.5, 3.0, 7.0]),
        (["12%", "50 %"], [0.12, 0.5]),
        (["１２３", "４.５"], [123.0, 4.5]),
        (["(1,250)", "300"], [-1250.0, 300.0]),
        (["1", "2", "inf", "1e999", "NaN"] * 5 + ["3"] * 30, [1.0, 2.0, None, None, None] * 5 + [3.0] * 30),
    ],
)
def test_numbers_are_read_as_people_write_them(words: list[str], numbers: list[float | None]) -> None:
    if "inf" in words:
        assert clean(words, types={"x": "number"}) == numbers
    else:
        assert clean(words) == numbers


@pytest.mark.parametrize("words", [["00123", "00456", "01"], ["12345678901234567890", "22345678901234567890"]])
def test_codes_made_of_digits_stay_text(words: list[str]) -> None:
    assert clean(words) == words


@pytest.mark.parametrize(
    "word",
    [
        "2024-01-05",
        "2024/1/5",
        "2024年1月5日",
        "2024.01.05",
        "5 Jan 2024",
        "Jan 5, 2024",
        "05-Jan-24",
        "20240105",
        "2024-01-05T00:00:00Z",
        "2024-01-05 08:00:00+08:00",
        "2024-01-05 12:00 AM",
        "5.1.2024",
    ],
)
def test_dates_are_read_in_many_forms(word: str) -> None:
    other = word.replace("5", "6") if "05" not in word else word.replace("05", "06")
    assert clean([word, other])[0] == datetime(2024, 1, 5)


def test_which_comes_first_day_or_month_is_told_by_the_column() -> None:
    assert clean(["13/02/2024", "03/04/2024"])[1] == datetime(2024, 4, 3)
    assert clean(["02/13/2024", "03/04/2024"])[1] == datetime(2024, 3, 4)


def test_epochs_are_dates_only_when_declared() -> None:
    assert clean([1_700_000_000, 1_700_000_060]) == [1.7e9, 1.70000006e9]
    moment = datetime(2023, 11, 14, 22, 13, 20)
    assert clean([1_700_000_000, 1_700_000_000_000], types={"x": "date"}) == [moment, moment]
    assert clean(["1700000000", "1700000000000"], types={"x": "date"}) == [moment, moment]


def test_impossible_dates_are_missing() -> None:
    assert clean(["2024-01-05", "0001-01-01", "9999-12-31", "2024-01-07", "2024-02-08"] + ["2024-03-01"] * 30)[:3] == [
        datetime(2024, 1, 5),
        None,
        None,
    ]


def test_truth_values_are_told_from_true_and_false_only() -> None:
    assert clean(["true", "FALSE", " True", None]) == [True, False, True, None]
    assert clean(["Yes", "no"]) == ["Yes", "no"]  # rules compare with the words that stand there
    assert clean(["Yes", "no", "是", "1", "maybe"], types={"x": "boolean"}) == [True, False, True, True, None]


def test_marks_mean_missing_where_the_rest_are_numbers() -> None:
    words = ["1", "2", "?", "N/A", "na", "null", "-", "", "  ", "none", "unknown", "无"] + ["3"] * 9
    assert clean(words)[:12] == [1.0, 2.0] + [None] * 10
    assert "x: '?' means missing (1 values)" in how(words).changes


def test_among_words_only_the_sure_marks_mean_missing() -> None:
    assert clean(["red", "?", "N/A", "none", "unknown", " "]) == ["red", None, None, "none", "unknown", None]
    assert clean(["red", "leer"], missing=["leer"]) == ["red", None]


def test_na_is_namibia_among_the_countries() -> None:
    countries = ["NA", "DE", "US", "CN", "FR", "IT", "ES", "PT", "GB", "JP", "KR", "BR"]
    assert clean(countries) == countries


@pytest.mark.parametrize(
    ("values", "mark"),
    [
        ([*range(40), -999, -999, -999], -999),
        ([*range(28), 999, 999, 999, 999], 999),
        ([*range(0, 900, 9), -1, -1, -1], -1),
        ([1.5, 2.5, 9999, 3.5, 9999, 9999], 9999),
    ],
)
def test_a_number_that_lies_apart_and_comes_back_means_missing(values: list, mark: int) -> None:
    assert clean(values) == [None if value == mark else float(value) for value in values]
    assert any(f"'{mark}' means missing" in change for change in how(values).changes)


@pytest.mark.parametrize(
    "values",
    [
        [-1, 0, 1, -1, 0, 1, -1],
        [*range(40), -999],
        [-5, -3, -1, -1, -1, 2],
        [*range(900, 1000), 999, 999, 999],
        [99] * 9,
    ],
)
def test_without_evidence_a_number_is_a_number(values: list) -> None:
    assert clean(values) == [float(value) for value in values]


def test_declared_marks_may_be_numbers() -> None:
    assert clean(["7", "0", "12"], missing=["0"]) == [7.0, None, 12.0]
    assert clean([7, 0, 12], missing=["0"]) == [7.0, None, 12.0]


def test_ids_are_told_by_their_name_and_by_being_unique() -> None:
    assert kind(list(range(100)), "customer_id") == "id"
    assert kind(list(range(100)), "tenure") == "number"
    assert kind([f"C-{at:05}" for at in range(100)], "code") == "id"
    assert kind([at % 7 for at in range(100)], "group_id") == "number"


def test_sentences_are_text_in_any_language() -> None:
    assert kind(["the room was very clean", "never again, too loud", "fine for one night"]) == "text"
    assert kind(["房间很干净服务也好", "太吵了再也不来了", "住一晚还可以的吧"]) == "text"
    assert kind(["Electronic check", "Mailed check", "Electronic check"] * 9) == "category"


def test_mixed_types_become_numbers_when_nearly_all_are() -> None:
    words = [str(at) for at in range(95)] + ["five"] * 5
    assert clean(words) == [float(at) for at in range(95)] + [None] * 5
    assert "x: 5 values are impossible or no numbers, thus missing" in how(words).changes
    assert kind(["1", "2", "a", "b", "c", "3"] * 5) == "category"


def test_the_target_keeps_its_classes() -> None:
    numbers = pa.table({"y": ["0", "1", "1", "", "0"]})
    cleaning = plan(numbers, Prepare(), target="y", key=None)
    kept, dropped = with_target(cleaning.apply(numbers), "y")
    assert kept["y"].to_pylist() == [0, 1, 1, 0]
    assert dropped == 1
    signs = pa.table({"y": [-1, 1] * 20})
    assert plan(signs, Prepare(), target="y", key=None).apply(signs)["y"].to_pylist() == [-1, 1] * 20
    prices = pa.table({"y": np.arange(100) * 1.5})
    assert plan(prices, Prepare(), target="y", key=None).apply(prices).schema.field("y").type == pa.float64()


def test_a_word_among_classes_that_are_numbers_is_a_class() -> None:
    grades = pa.table({"y": ["3"] * 60 + ["2"] * 20 + ["5"] * 10 + ["U"] * 6})
    cleaning = plan(grades, Prepare(), target="y", key=None)
    assert cleaning.apply(grades)["y"].to_pylist() == grades["y"].to_pylist()
    assert not any("missing" in change for change in cleaning.changes)


@pytest.mark.parametrize("rest", [["U"] * 4, ["?"] * 6, ["n/a"] * 6])
def test_a_rare_word_or_a_mark_among_them_is_none(rest: list[str]) -> None:
    grades = pa.table({"y": ["3"] * 60 + ["2"] * 20 + ["5"] * 10 + rest})
    assert set(plan(grades, Prepare(), target="y", key=None).apply(grades)["y"].to_pylist()) == {2, 3, 5, None}


def test_the_key_is_text_however_it_came() -> None:
    table = pa.table({"id": pa.array([1, 2, None])})
    cleaning = plan(table, Prepare(), target=None, key="id")
    assert cleaning.apply(table)["id"].to_pylist() == ["1", "2", None]
    assert cleaning.apply_one({"id": 1.0}) == {"id": "1"}


@pytest.mark.parametrize(
    ("target", "key", "types"), [("churm", None, {}), (None, "idd", {}), (None, None, {"chrun": "text"})]
)
def test_a_column_that_is_not_there_is_named(target: str | None, key: str | None, types: dict) -> None:
    with pytest.raises(UnknownColumn):
        plan(pa.table({"churn": ["a"], "id": [1]}), Prepare(types=types), target=target, key=key)


@pytest.mark.parametrize("values", [[], [None, None], ["", " "], ["?"], [7], ["word"], [[1], [2]]])
def test_tables_of_nearly_nothing(values: list) -> None:
    table = pa.table({"x": pa.array(values)})
    cleaning = plan(table, Prepare(), target=None, key=None)
    assert len(cleaning.apply(table)) == len(values)


def test_ten_thousand_columns() -> None:
    table = pa.table({f"c{at}": [str(at), "2", "?"] for at in range(10_000)})
    cleaning = plan(table, Prepare(), target="c1", key="c0")
    assert cleaning.apply(table).num_columns == 10_000
    assert len(cleaning.to_json()) > 10_000
