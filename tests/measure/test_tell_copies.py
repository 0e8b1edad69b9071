"""What was written twice is told from what is alike by chance."""

import numpy as np
import pyarrow as pa
import pytest

from mainspring.measure.copies import alike_by_chance


def answers(questions: int, rows: int, hang_together: float, seed: int = 0) -> pa.Table:
    """Answers from 1 to 5 to some questions, which one opinion moves more or less."""
    dice = np.random.default_rng(seed)
    opinion = dice.normal(size=(rows, 1))
    given = hang_together * opinion + np.sqrt(1 - hang_together**2) * dice.normal(size=(rows, questions))
    levels = np.clip(np.round(given * 1.2 + 3), 1, 5).astype(np.int64)
    return pa.table({f"q{i}": levels[:, i] for i in range(questions)})


def customers(rows: int, seed: int = 0) -> pa.Table:
    dice = np.random.default_rng(seed)
    return pa.table({
        "tenure": dice.integers(0, 72, rows), "plan": dice.choice(["basic", "plus", "all"], rows),
        "charges": dice.normal(60, 20, rows).round(2), "churned": dice.choice(["Yes", "No"], rows),
    })  # fmt: skip


def take(table: pa.Table, rows: object) -> pa.Table:
    return table.take(pa.array(np.asarray(rows)))


@pytest.mark.parametrize("hang_together", [0.0, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("questions", [2, 4, 5])
def test_answers_to_a_few_questions_are_alike_by_chance(questions: int, hang_together: float) -> None:
    assert alike_by_chance(answers(questions, 10_000, hang_together))


def test_a_column_that_says_what_another_does_changes_nothing() -> None:
    table = answers(3, 5_000, 0.5)
    assert alike_by_chance(table.append_column("again", table.column("q0")))


def test_unlike_rows_are_none() -> None:
    assert alike_by_chance(customers(1_000))


@pytest.mark.parametrize("share", [0.01, 0.05, 0.5, 1.0])
def test_a_part_written_twice_is_copies(share: float) -> None:
    table = customers(2_000)
    assert not alike_by_chance(pa.concat_tables([table, table.slice(0, int(2_000 * share))]))


def test_all_written_three_times_is_copies() -> None:
    table = answers(12, 3_000, 0.2)
    assert not alike_by_chance(pa.concat_tables([table] * 3))


def test_one_row_that_hangs_is_copies() -> None:
    table = customers(500)
    assert not alike_by_chance(pa.concat_tables([table, take(table, [7] * 1_000)]))


def test_rows_drawn_with_replacement_are_copies() -> None:
    rows = np.random.default_rng(1).integers(0, 2_000, 2_000)
    assert not alike_by_chance(take(customers(2_000), rows))


def test_nested_and_missing_values_are_compared() -> None:
    assert not alike_by_chance(pa.table({"list": [[i] for i in range(50)] * 2, "none": pa.array([None] * 100)}))
