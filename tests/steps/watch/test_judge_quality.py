"""Rows that are not whole are told apart from those that never were; counts, age, speed and failures against what is usual or declared."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from mainspring.steps.watch.look import Terms, look
from mainspring.steps.watch.quality import freshness, volume
from mainspring.steps.watch.service import STEPS, Service, added_up, findings_of

TERMS = Terms(quiet=frozenset({"drift", "performance"}))


def quality(reference, window) -> dict[str, tuple[str, ...]]:
    found = look(reference, window, TERMS).findings
    return {finding.subject: finding.columns for finding in found if finding.kind == "quality"}


def test_missing_values_are_told(world, reference) -> None:
    seen = world.rows(400)
    gaps = pa.array([None if n % 3 == 0 else value for n, value in enumerate(seen.columns["plan"].to_pylist())])
    assert quality(reference, replace(seen, columns={**seen.columns, "plan": gaps})) == {"missing": ("plan",)}


def test_a_column_that_is_gone_is_missing_in_every_row(world, reference) -> None:
    seen = world.rows(400)
    assert quality(reference, replace(seen, columns={"x": seen.columns["x"]})) == {"missing": ("plan",)}


def test_new_categories_and_impossible_numbers_are_told(world, reference) -> None:
    seen = world.rows(400)
    odd = {"x": pa.array(np.asarray(seen.columns["x"]) * 100), "plan": pa.array(["new"] * 100 + ["a"] * 300)}
    assert quality(reference, replace(seen, columns=odd)) == {"unseen": ("plan",), "beyond": ("x",)}


def test_unreadable_values_are_told(world, reference) -> None:
    seen = world.rows(400)
    gaps = pa.array([None] * 100 + np.asarray(seen.columns["x"])[100:].tolist())
    assert quality(reference, replace(seen, columns={**seen.columns, "x": gaps}, problems={"x": 100})) == {
        "unreadable": ("x",)
    }


def test_a_few_odd_values_are_let_pass(world, reference) -> None:
    seen = world.rows(400)
    few = pa.array([None] * 8 + seen.columns["plan"].to_pylist()[8:])
    assert quality(reference, replace(seen, columns={**seen.columns, "plan": few})) == {}


@pytest.mark.parametrize(("count", "earlier", "told"), [
    (1000, [1000, 1010, 990, 1005, 995], False), (0, [1000, 1010, 990, 1005, 995], True), (5000, [1000, 1010, 990, 1005, 995], True),
    (0, [1000, 1000], False), (3, [1, 0, 2, 1, 1, 0], False), (700, [1000, 1010, 990, 1005, 995], False),
    (300, [100, 900, 300, 1500, 700], False),
])  # fmt: skip
def test_far_fewer_or_more_rows_than_usual_are_told(count: int, earlier: list[int], told: bool) -> None:
    assert (volume(count, earlier) is not None) is told


@pytest.mark.parametrize(
    ("age", "declared", "told"), [(10.0, 60.0, False), (61.0, 60.0, True), (None, 60.0, True), (1e9, None, False)]
)
def test_old_rows_are_told_where_an_age_is_declared(age: float | None, declared: float | None, told: bool) -> None:
    assert (freshness(age, declared) is not None) is told


def served(slow: int, fast: int, errors: int = 0) -> Service:
    latencies = [0] * (len(STEPS) + 1)
    latencies[10], latencies[40] = fast, slow
    return Service(slow + fast, 0, errors, tuple(latencies))


def test_slow_decisions_are_told_against_what_is_declared() -> None:
    assert findings_of(served(10, 90), latency=0.05, errors=None)[0].mark == "service:latency"
    assert findings_of(served(4, 96), latency=0.05, errors=None) == []
    assert findings_of(served(1, 3), latency=0.05, errors=None) == []
    assert findings_of(served(50, 50), latency=None, errors=None) == []


def test_failures_are_told_against_what_is_declared() -> None:
    assert findings_of(served(0, 90, errors=10), latency=None, errors=0.01)[0].mark == "service:errors"
    assert findings_of(served(0, 999, errors=1), latency=None, errors=0.01) == []


def test_what_several_processes_counted_adds_up() -> None:
    parts = [{"decisions": 2, "refused": 1, "errors": 0, "latencies": [0] * 61 + [2]}] * 3
    whole = added_up(parts)
    assert (whole.decisions, whole.refused, whole.quantile(0.5)) == (6, 3, STEPS[-1])
    assert added_up([]).quantile(0.5) is None
