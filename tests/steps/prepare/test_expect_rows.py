"""Rows that are not as expected go to quarantine with the reason; the rest goes on, and the counts add up."""

from datetime import datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.automation.prepare import Prepare
from mainspring.errors import SpecError, UnknownColumn
from mainspring.steps.prepare.clean import plan
from mainspring.steps.prepare.expect import Expectations, judge, violations

ROWS = pa.table(
    {
        "tenure": [1.0, 150.0, None, 12.0, -3.0],
        "contract": ["One year", "Two year", "Weekly", None, "Two year"],
        "since": [datetime(2020, 1, 1), datetime(2024, 1, 1), None, datetime(1990, 5, 5), datetime(2024, 1, 1)],
        "email": ["a@b.cn", "c@d.cn", "a@b.cn", None, "nobody"],
        "member": [True, False, None, True, True],
    }
)


def expecting(**columns: dict) -> Prepare:
    return Prepare.model_validate({"expect": columns})


def reasons(prepare: Prepare, table: pa.Table = ROWS) -> dict[int, str]:
    judged = judge(table, prepare)
    assert len(judged.kept) == len(table)
    assert judged.kept.sum() + len(judged.quarantine) == len(table)
    bad = [row for row, kept in enumerate(judged.kept) if not kept]
    assert judged.quarantine.drop_columns("_reason").equals(table.take(pa.array(bad, pa.int64())))
    return dict(zip(bad, judged.quarantine["_reason"].to_pylist(), strict=True))


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ({"tenure": {"min": 0, "max": 100}}, {1: "tenure must be at most 100", 4: "tenure must be at least 0"}),
        ({"contract": {"in": ["One year", "Two year"]}}, {2: "contract must be one of One year, Two year"}),
        ({"contract": {"required": True}}, {3: "contract is missing"}),
        ({"since": {"min": "2000-01-01"}}, {3: "since must be at least 2000-01-01"}),
        ({"email": {"matches": ".+@.+"}}, {4: "email must match .+@.+"}),
        ({"email": {"unique": True}}, {2: "email stands more than once"}),
        ({"member": {"in": [True]}}, {1: "member must be one of True"}),
        ({"tenure": {"in": [1, 12, "150"]}}, {4: "tenure must be one of 1, 12, 150"}),
        ({}, {}),
    ],
)
def test_each_expectation_is_judged(expected: dict, found: dict[int, str]) -> None:
    assert reasons(expecting(**expected)) == found


def test_all_reasons_of_a_row_are_told() -> None:
    told = reasons(expecting(tenure={"max": 100}, contract={"in": ["One year"]}))
    assert told[1] == "tenure must be at most 100; contract must be one of One year"


def test_conditions_hold_over_a_whole_row_and_missing_breaks_none() -> None:
    told = reasons(Prepare(conditions=["tenure < 100 or contract == 'One year'", "tenure >= 0"]))
    assert told == {1: "tenure < 100 or contract == 'One year' does not hold", 4: "tenure >= 0 does not hold"}


def test_a_record_is_judged_as_a_row() -> None:
    prepare = Prepare.model_validate(
        {"expect": {"tenure": {"min": 0}, "contract": {"required": True}}, "conditions": ["tenure < 100"]}
    )
    judged = judge(ROWS, prepare)
    assert [not violations(row, prepare) for row in ROWS.to_pylist()] == judged.kept.tolist()
    assert violations({"tenure": -1}, prepare) == {"tenure": "must be at least 0", "contract": "is missing"}
    assert violations({"tenure": 150, "contract": "x"}, prepare) == {"tenure": "tenure < 100 does not hold"}


@given(st.lists(st.none() | st.text(max_size=4), max_size=20), st.lists(st.none() | st.floats(), max_size=20))
def test_kept_and_quarantined_add_up(words: list[str | None], numbers: list[float | None]) -> None:
    rows = min(len(words), len(numbers))
    table = pa.table({"w": pa.array(words[:rows], pa.string()), "n": pa.array(numbers[:rows], pa.float64())})
    cleaned = plan(table, Prepare(types={"w": "category", "n": "number"}), target=None, key=None).apply(table)
    prepare = expecting(w={"matches": "[a-z]*", "required": True}, n={"min": 0, "max": 10})
    told = reasons(prepare, cleaned)
    expectations = Expectations(prepare)
    assert [bool(expectations.violations(row)) for row in cleaned.to_pylist()] == [row in told for row in range(rows)]


def test_the_value_itself_is_never_told() -> None:
    found = reasons(expecting(email={"matches": "never"}))
    assert "nobody" not in " ".join(found.values())


@pytest.mark.parametrize("prepare", [expecting(tenur={"min": 0}), Prepare(conditions=["tenur > 0"])])
def test_an_unknown_column_is_named(prepare: Prepare) -> None:
    with pytest.raises(UnknownColumn, match="did you mean 'tenure'"):
        judge(ROWS, prepare)


def test_a_limit_that_cannot_be_compared_is_told() -> None:
    with pytest.raises(SpecError):
        judge(ROWS, expecting(since={"min": "soon"}))


def test_a_column_that_protection_drops_is_expected_no_more() -> None:
    prepare = Prepare.model_validate({"expect": {"phone": {"required": True}}, "protect": {"phone": "drop"}})
    assert judge(ROWS, prepare).kept.all()


def test_an_empty_table_breaks_nothing() -> None:
    assert reasons(expecting(tenure={"min": 0, "required": True, "unique": True}), ROWS.slice(0, 0)) == {}
