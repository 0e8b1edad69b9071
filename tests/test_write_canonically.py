"""The text that decisions are known again by is the same, whoever writes it."""

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from mainspring.canonical import are_simple, canonical
from mainspring.decision import decision_id

PLAIN = st.one_of(
    st.text(),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.text(st.characters(categories=["Cs", "Cc", "Lu"])),
)


@given(st.lists(PLAIN))
@example([1e-5, 1e16, -0.0, 0.1, 2**70, "\x7f\x1f\u2028é", "\ud800", float("nan"), float("inf")])
@example(["\x7f\x1f\u2028é", 1e15, 0.00012, -0.0, True, None])
def test_simple_values_are_written_as_any_others(values: list) -> None:
    assert canonical(values, simple=are_simple(values)) == canonical(values, simple=False)


def test_ids_stay_what_they_were() -> None:
    record = {"tenure": 3, "name": "Zoë", "charge": 12.5, "since": date(2024, 1, 31), "none": None}
    assert decision_id("shop", (3, "p1"), "A", record, "may") == "5c8e881c990c414d953150651577bd01"
    odd = {"tenure": 3, "name": "Zoë\n", "charge": 1e-7, "big": 2**70}
    assert decision_id("shop", (None, "p1"), None, odd) == "c2b0dbdc956df000ed63452749d77a80"
    simple = {"tenure": 3, "name": "Zoë\n", "charge": 1.5, "big": True}
    assert decision_id("shop", (None, "p1"), None, simple) == "a25ac686eb1d7f3cdefc1afff713d85c"


def test_what_python_alone_can_write_is_written() -> None:
    assert (
        canonical([datetime(2024, 1, 31, 12), Decimal("1.50")], simple=False) == b'["2024-01-31T12:00:00+00:00","1.50"]'
    )
    assert not are_simple([datetime(2024, 1, 31, tzinfo=UTC)])
    assert not are_simple([[1]])
