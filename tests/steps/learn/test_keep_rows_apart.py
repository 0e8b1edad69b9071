"""Rows kept apart: by class, by time, by group; the same way each time."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.automation.learn import Learn, Split
from mainspring.errors import QualityError, UnknownColumn
from mainspring.model import Question
from mainspring.steps.learn.goal import goal_of
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.split import folds, hold_out

NUMBER = Goal(Question.NUMBER, "y", "rmse")


def of_classes(labels: list[str], **columns: list) -> tuple[pa.Table, Goal]:
    table = pa.table({"y": labels, **columns})
    return table, goal_of(Learn(target="y"), table["y"], has_gains=False)


def parts(table: pa.Table, goal: Goal, split: Split, *, time: str | None = None, key: str | None = None):
    """All rows as (train, test), and the folds of the training rows, as row numbers of the whole table."""
    train, test = hold_out(table, goal, split, time_column=time, key=key)
    inner = folds(table.take(pa.array(train)), goal, split, time_column=time, key=key)
    return train, test, [(train[np.asarray(a)], train[np.asarray(b)]) for a, b in inner]


LABELS = st.integers(2, 5).flatmap(
    lambda k: st.lists(st.sampled_from("abcde"[:k]), min_size=12, max_size=120).map(lambda drawn: ["a", "b", *drawn])
)


@given(labels=LABELS, seed=st.integers(0, 99))
def test_every_row_is_on_one_side_and_in_one_fold(labels: list[str], seed: int) -> None:
    table, _ = of_classes(labels)
    goal = goal_of(Learn(target="y", seed=seed), table["y"], has_gains=False)
    train, test, inner = parts(table, goal, Split(test=0.25))
    assert sorted([*train, *test]) == list(range(len(labels)))
    for learning, judging in inner:
        assert not set(learning) & set(judging)
        assert set(learning) | set(judging) == set(train)
        assert len(set(table["y"].take(pa.array(learning)).to_pylist())) > 1
    judged = [row for _, judging in inner for row in judging]
    assert len(judged) == len(set(judged))
    again = parts(table, goal, Split(test=0.25))
    assert np.array_equal(test, again[1])
    assert all(np.array_equal(x[1], y[1]) for x, y in zip(inner, again[2], strict=True))


@given(rare=st.integers(10, 60), common=st.integers(60, 300))
def test_classes_have_equal_shares_everywhere(rare: int, common: int) -> None:
    table, goal = of_classes(["rare"] * rare + ["common"] * common)
    train, test, inner = parts(table, goal, Split(test=0.2))
    is_rare = np.arange(len(table)) < rare
    assert abs(is_rare[test].sum() - 0.2 * rare) <= 1
    per_fold = [int(is_rare[judging].sum()) for _, judging in inner]
    assert max(per_fold) - min(per_fold) <= 1
    assert sum(per_fold) == is_rare[train].sum()


@given(days=st.lists(st.integers(0, 40) | st.none(), min_size=8, max_size=80))
def test_by_time_what_is_judged_is_never_earlier(days: list[int | None]) -> None:
    start = dt.datetime(2026, 1, 1)
    when = [None if day is None else start + dt.timedelta(days=day) for day in days]
    table = pa.table({"y": np.arange(len(days), dtype=float), "at": pa.array(when, pa.timestamp("us"))})
    order = np.array([-1 if day is None else day for day in days])
    train, test, inner = parts(table, NUMBER, Split(), time="at")
    for earlier, later in [(train, test), *inner]:
        assert order[earlier].max() <= order[later].min()
    assert inner


def test_written_times_are_ordered_too() -> None:
    table = pa.table({"y": np.arange(10.0), "at": [f"2026-01-{day:02}" for day in range(10, 0, -1)]})
    _, test, _ = parts(table, NUMBER, Split(by="time", column="at"))
    assert test.tolist() == [0, 1]


@given(groups=st.lists(st.sampled_from("abcdefgh") | st.none(), min_size=8, max_size=80), share=st.floats(0.05, 0.5))
def test_a_group_stays_together(groups: list[str | None], share: float) -> None:
    groups = ["a", "b", "c", "d", *groups]
    table = pa.table({"y": np.arange(len(groups), dtype=float), "who": groups})
    train, test, inner = parts(table, NUMBER, Split(by="group", column="who", test=share))
    for one, other in [(train, test), *inner]:
        known = [{groups[row] for row in side} - {None} for side in (one, other)]
        assert not known[0] & known[1]
        assert len(one)
        assert len(other)


def test_a_key_that_repeats_makes_groups_without_being_asked() -> None:
    table, goal = of_classes(["a", "b"] * 30, who=[n // 3 for n in range(60)])
    train, test, _ = parts(table, goal, Split(), key="who")
    assert not {n // 3 for n in train} & {n // 3 for n in test}


@given(sizes=st.lists(st.integers(1, 12), min_size=12, max_size=40), seed=st.integers(0, 99))
def test_groups_of_a_rare_class_are_not_all_tested(sizes: list[int], seed: int) -> None:
    who = np.repeat(np.arange(len(sizes)), sizes)
    table = pa.table({"y": np.where(who < 4, "rare", "common"), "who": who})
    goal = goal_of(Learn(target="y", seed=seed), table["y"], has_gains=False)
    train, _, inner = parts(table, goal, Split(by="group", column="who", test=0.3))
    for learning in [train, *(learning for learning, _ in inner)]:
        assert {"rare", "common"} == set(table["y"].take(pa.array(learning)).to_pylist())


def test_three_groups_leave_two_to_learn_from() -> None:
    table = pa.table({"y": np.arange(30.0), "who": ["a", "b", "c"] * 10})
    _, test, inner = parts(table, NUMBER, Split(by="group", column="who", test=0.6))
    assert len(test) == 10
    assert len(inner) == 2


def test_one_group_only_is_refused() -> None:
    table, goal = of_classes(["a", "b"] * 30, who=["me"] * 60)
    with pytest.raises(QualityError, match="belong to one 'who'"):
        hold_out(table, goal, Split(by="group", column="who"), time_column=None, key=None)


def test_three_rows_a_class_are_enough() -> None:
    table, goal = of_classes(["a"] * 3 + ["b"] * 3 + ["c"] * 3)
    train, test, inner = parts(table, goal, Split())
    assert len(test) == 2
    assert len(inner) == 5
    assert set(table["y"].take(pa.array(train)).to_pylist()) == set("abc")


def test_a_class_of_one_row_is_learned_not_tested() -> None:
    table, goal = of_classes(["a"] * 40 + ["b"] * 40 + ["rare"])
    for seed in range(5):
        seeded = goal_of(Learn(target="y", seed=seed), table["y"], has_gains=False)
        train, _, _ = parts(table, seeded, Split())
        assert 80 in train
    assert goal.classes == ("a", "b", "rare")


def test_two_classes_one_of_them_once_leave_out_the_fold_that_teaches_nothing() -> None:
    table, goal = of_classes(["a"] * 40 + ["b"])
    _, _, inner = parts(table, goal, Split())
    assert len(inner) == 4


@pytest.mark.parametrize("rows", [0, 1, 2, 3])
def test_too_few_rows_are_refused(rows: int) -> None:
    table = pa.table({"y": np.arange(rows, dtype=float)})
    with pytest.raises(QualityError, match="too few to learn from"):
        hold_out(table, NUMBER, Split(), time_column=None, key=None)


def test_four_rows_are_the_fewest() -> None:
    train, test, inner = parts(pa.table({"y": np.arange(4.0)}), NUMBER, Split())
    assert (len(train), len(test), len(inner)) == (3, 1, 3)
    table, goal = of_classes(["a", "a", "b", "b"])
    assert len(parts(table, goal, Split())[2]) >= 1


def test_an_unknown_column_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownColumn, match="did you mean 'signed_at'"):
        hold_out(pa.table({"y": np.arange(9.0), "signed_at": range(9)}), NUMBER, Split(by="time", column="signd_at"),
                 time_column=None, key=None)  # fmt: skip


def test_each_turn_has_other_test_rows_of_the_same_shares() -> None:
    table, goal = of_classes(["a", "b"] * 50)
    turns = [hold_out(table, goal, Split(), time_column=None, key=None, turn=t) for t in range(3)]
    assert len({tuple(test) for _, test in turns}) == 3
    assert [np.bincount(test % 2).tolist() for _, test in turns] == [[10, 10]] * 3


def test_by_time_each_turn_is_tested_on_rows_before_those_of_the_last_and_learns_from_none_after() -> None:
    table = pa.table({"y": np.arange(100.0), "day": np.arange(100)})
    turns = [hold_out(table, NUMBER, Split(by="time"), time_column="day", key=None, turn=t) for t in range(4)]
    assert [(len(train), test.min(), test.max()) for train, test in turns] == [
        (80, 80, 99), (60, 60, 79), (40, 40, 59), (20, 20, 39),
    ]  # fmt: skip
    with pytest.raises(QualityError, match="do not make 5 test parts"):
        hold_out(table, NUMBER, Split(by="time"), time_column="day", key=None, turn=4)


def with_copies(n: int, copied: int) -> tuple[pa.Table, np.ndarray]:
    """Customers of whom some stand in the table again under another number; and who is who."""
    draw = np.random.default_rng(4)
    who = np.concatenate([np.arange(n), draw.integers(0, n, copied)])
    spent, plan = draw.normal(size=n), draw.integers(0, 5, n)
    leaves = np.where(spent + draw.normal(size=n) > 0, "yes", "no")
    columns = {"customer": np.arange(len(who)), "spent": spent[who], "plan": plan[who], "y": leaves[who]}
    order = draw.permutation(len(who))
    return pa.table(columns).take(pa.array(order)), who[order]


@pytest.mark.parametrize("copied", [5, 100, 900])
@pytest.mark.parametrize("weight", [None, "weight"])
def test_copies_that_differ_in_their_key_stay_together(copied: int, weight: str | None) -> None:
    table, who = with_copies(300, copied)
    table = table.append_column("weight", pa.array(np.arange(len(table), dtype=float)))
    goal = Goal(Question.CLASS, "y", "log_loss", ("no", "yes"), "yes", weight=weight)
    table = table if weight else table.drop_columns(["weight"])
    train, test, inner = parts(table, goal, Split(test=0.2), key="customer")
    assert sorted([*train, *test]) == list(range(len(table)))
    assert not set(who[train]) & set(who[test])
    assert len(set(who[test])) == 60
    assert sorted(row for _, judging in inner for row in judging) == sorted(train)
    for learning, judging in inner:
        assert not set(who[learning]) & set(who[judging])


def test_copies_of_a_table_without_a_key_stay_together() -> None:
    table, who = with_copies(200, 80)
    table = table.drop_columns(["customer"])
    goal = Goal(Question.CLASS, "y", "log_loss", ("no", "yes"), "yes")
    train, test, inner = parts(table, goal, Split())
    assert not set(who[train]) & set(who[test])
    assert all(not set(who[a]) & set(who[b]) for a, b in inner)


@pytest.mark.parametrize("alike", ["answers differ", "few values"])
def test_rows_that_are_alike_by_chance_are_no_copies(alike: str) -> None:
    draw = np.random.default_rng(0)
    n = 600
    sex, age = draw.integers(0, 2, n), draw.integers(0, 3, n)
    home = age if alike == "answers differ" else draw.integers(0, 3, n)
    survived = draw.random(n) < 0.2 + 0.4 * sex if alike == "answers differ" else sex == 1
    table, goal = of_classes(["yes" if s else "no" for s in survived], sex=sex, age=age, home=home)
    train, test, _ = parts(table, goal, Split(test=0.25))
    kinds = list(zip(*(table[name].to_pylist() for name in ("sex", "age", "home")), strict=True))
    assert {kinds[row] for row in test} == {kinds[row] for row in train}
    assert len(test) == 150


def test_a_table_of_copies_of_one_row_is_still_split() -> None:
    table = pa.table({"y": [1.0] * 30 + [2.0] * 30, "x": [0.25] * 30 + [0.75] * 30, "z": [0.1] * 30 + [0.3] * 30})
    train, test, inner = parts(table, NUMBER, Split())
    assert sorted([*train, *test]) == list(range(60))
    assert inner
