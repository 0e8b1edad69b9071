import pyarrow as pa

from mainspring.steps.prepare.duplicates import How, changed_keys, distinct


def drop_duplicates(table: pa.Table, key: str | None, how: How = "auto") -> tuple[pa.Table, int]:
    """The rows that are kept, and how many are not."""
    kept = distinct(table, key, how).of(table)
    return kept, len(table) - len(kept)


ROWS = pa.table({"id": ["a", "b", "a", None, None, "b"], "v": [1, 2, 3, 4, 4, 2]})


def test_of_rows_with_one_key_the_last_is_kept() -> None:
    kept, dropped = drop_duplicates(ROWS, "id")
    assert kept.to_pylist() == [{"id": "a", "v": 3}, {"id": None, "v": 4}, {"id": "b", "v": 2}]
    assert dropped == 3
    assert changed_keys(ROWS, "id") == 1


def test_without_a_key_only_whole_rows_repeat() -> None:
    kept, dropped = drop_duplicates(ROWS, None)
    assert kept["v"].to_pylist() == [1, 2, 3, 4]
    assert dropped == 2


def test_duplicates_may_be_kept() -> None:
    assert drop_duplicates(ROWS, "id", "keep") == (ROWS, 0)


def test_nested_missing_and_odd_names_are_compared_too() -> None:
    table = pa.table(
        {"row": [[1], [1], [2]], "row_": pa.array([None, None, None]), "x": [float("nan"), float("nan"), 1.0]}
    )
    assert drop_duplicates(table, None)[1] == 1


def test_an_empty_table_has_none() -> None:
    assert drop_duplicates(ROWS.slice(0, 0), "id")[1] == 0


def test_of_few_values_rows_are_alike_by_chance_and_kept_unless_told_otherwise() -> None:
    few = pa.table({"smokes": ["yes", "no", "no", "yes"] * 50, "drives": ["yes", "no"] * 100})
    assert drop_duplicates(few, None) == (few, 0)
    assert distinct(few, None).alike == 196
    assert drop_duplicates(few, None, "drop")[1] == 196
    assert drop_duplicates(few.append_column("id", pa.array(range(200))), "id")[1] == 0
