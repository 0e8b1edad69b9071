"""What a caller sent wrongly is named field by field, without repeating it."""

import math

import pyarrow as pa
import pytest

from mainspring.automation.prepare import Prepare
from mainspring.steps.prepare.clean import CleaningPlan, plan


@pytest.fixture(scope="module")
def cleaning() -> CleaningPlan:
    table = pa.table(
        {
            "age": ["31", "45", "?", "999", "999", "999", "8"],
            "city": ["Xi'an", "Köln", "", "Köln", "Xi'an", "Köln", "Köln"],
            "since": ["2024-01-05"] * 7,
            "member": ["true", "false"] * 3 + ["true"],
        }
    )
    return plan(table, Prepare(), target=None, key=None)


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"age": None, "city": None},
        {"age": "1,200", "city": 7, "since": "2024/2/6", "member": "yes"},
        {"age": "N/A", "city": "never seen", "since": "", "member": "-"},
        {"age": 999, "unheard of": ["x"]},
        {"age": "999"},
    ],
)
def test_what_can_be_read_is_no_problem(cleaning: CleaningPlan, record: dict) -> None:
    assert cleaning.problems(record) == {}


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"age": "old"}, "must be a number"),
        ({"age": math.nan}, "must be a finite number"),
        ({"age": -math.inf}, "must be a finite number"),
        ({"age": 10**400}, "must be a finite number"),
        ({"age": [1, 2]}, "must be one value, not a list"),
        ({"city": {"name": "Köln"}}, "must be one value, not an object"),
        ({"city": math.nan}, "must be a finite number"),
        ({"city": "x" * 4_000_000}, "is longer than 100,000 characters"),
        ({"age": "9" * 4_000_000}, "is longer than 100,000 characters"),
        ({"city": "\ud800"}, "is no valid text"),
        ({"since": "the other day"}, "must be a date"),
        ({"since": 17}, "must be a date"),
        ({"member": "perhaps"}, "must be true or false"),
    ],
)
def test_what_cannot_be_read_is_named(cleaning: CleaningPlan, record: dict, why: str) -> None:
    (field,) = record
    found = cleaning.problems(record)
    assert list(found) == [field]
    assert why in found[field]
    assert cleaning.apply_one(record).keys() == {"age", "city", "since", "member"}


def test_all_problems_are_told_at_once(cleaning: CleaningPlan) -> None:
    assert list(cleaning.problems({"member": "perhaps", "age": "old", "city": "Köln"})) == ["age", "member"]
