"""What is private is replaced the same way in a table and in a record."""

import datetime as dt
import pickle
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.automation.prepare import Protection
from mainspring.errors import MainspringError, QualityError, UnknownColumn
from mainspring.steps.prepare.protect import Protector

KEY = b"a secret of at least 16 bytes"
RULES: list[Protection] = ["pseudonymise", "hash", "mask", "generalise", "encrypt"]


def protector(**rules: Protection) -> Protector:
    return Protector(rules, KEY)


@pytest.mark.parametrize("rule", RULES)
@given(values=st.lists(st.none() | st.text(max_size=8), max_size=8))
def test_a_table_and_a_record_are_protected_alike(rule: Protection, values: list[str | None]) -> None:
    table = pa.table({"who": pa.array(values, pa.string()), "other": pa.array(range(len(values)), pa.int64())})
    guard = protector(who=rule)
    assert [guard.apply_one(row) for row in table.to_pylist()] == guard.apply(table).to_pylist()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "column",
    [
        pa.array([3, 77, None]),
        pa.array([1.5, -2345.0, float("nan")]),
        pa.array([dt.date(2024, 5, 17), None]),
        pa.array([dt.datetime(2024, 5, 17, 3, 4), None]),
        pa.array([True, None]),
        pa.array([[1], None]),
        pa.array([None, None]),
    ],
)
def test_values_of_any_type_are_protected(rule: Protection, column: pa.Array) -> None:
    table = pa.table({"who": column})
    guard = protector(who=rule)
    assert [guard.apply_one(row) for row in table.to_pylist()] == guard.apply(table).to_pylist()
    assert guard.apply(table)["who"][-1].as_py() is None


@pytest.mark.parametrize("rule", ["pseudonymise", "hash", "encrypt"])
def test_one_value_has_one_token_however_it_is_written(rule: Protection) -> None:
    guard = protector(who=rule)
    assert len({guard.token("who", value) for value in (7, 7.0, "7", " 7 ", Decimal("7.00"))}) == 1
    assert guard.token("who", 7) != guard.token("who", 8)
    assert guard.token("who", 7) != Protector({"who": rule}, b"another secret of 16 bytes").token("who", 7)
    assert guard.token("not protected", 7) == 7


def test_pseudonyms_join_and_hashes_do_not() -> None:
    guard = protector(a="pseudonymise", b="pseudonymise", c="hash", d="hash")
    row = guard.apply_one(dict.fromkeys("abcd", "Wang"))
    assert row["a"] == row["b"] != row["c"] != row["d"]


def test_what_was_encrypted_can_be_revealed_with_the_key_only() -> None:
    guard = protector(who="encrypt", what="encrypt", hidden="hash")
    token = guard.token("who", "王小明")
    assert guard.reveal("who", token) == "王小明"
    for wrong in (
        lambda: guard.reveal("what", token),
        lambda: guard.reveal("who", "AAAA"),
        lambda: guard.reveal("hidden", token),
    ):
        with pytest.raises(QualityError):
            wrong()
    with pytest.raises(QualityError):
        Protector({"who": "encrypt"}, b"another secret of 16 bytes").reveal("who", token)


def test_masks_and_bands() -> None:
    guard = protector(phone="mask", age="generalise", born="generalise", gone="drop")
    row = {"phone": "13812345678", "age": 37, "born": "2024年5月17日", "gone": 1, "kept": 2}
    assert guard.apply_one(row) == {"phone": "1***8", "age": 30, "born": "2024-05-01", "kept": 2}
    assert guard.apply(pa.table({name: [value] for name, value in row.items()})).to_pylist() == [guard.apply_one(row)]


def test_a_misspelt_column_stops_the_table() -> None:
    with pytest.raises(UnknownColumn, match="emial"):
        protector(emial="mask").apply(pa.table({"email": ["a@b.cn"]}))


def test_nothing_private_is_shown() -> None:
    guard = protector(who="encrypt")
    assert "secret" not in repr(guard) + str(guard)
    with pytest.raises(MainspringError) as caught:
        guard.reveal("who", "Zhang San")
    assert "Zhang" not in str(caught.value)
    assert pickle.loads(pickle.dumps(guard)).token("who", 1) == guard.token("who", 1)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(QualityError, match="too short"):
        Protector({}, b"short")
