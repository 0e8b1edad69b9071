"""Windows beside a reference that goes through all rows for each: a whole table, and rows that come one after another."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.automation import Automation
from mainspring.errors import QualityError
from mainspring.measure.values.reading import Reading
from mainspring.steps.prepare.clean import CleaningPlan, ColumnPlan
from mainspring.steps.prepare.windows.arriving import remember, tell, unfit
from mainspring.steps.prepare.windows.history import History
from mainspring.steps.prepare.windows.whole import windows_of
from mainspring.steps.prepare.windows.windowing import Windowing, windowing_of

NOW = datetime(2100, 6, 1)
TOLD = {
    "count": True, "since_last": True, "sum": ["amount"], "mean": ["amount"], "min": ["amount"], "max": ["amount"],
    "quantiles": {"amount": [0.25, 0.5, 0.95]}, "distinct": ["amount", "shop"], "top": {"shop": 3},
}  # fmt: skip
WINDOWS = {
    "near": {"over": "10s", **TOLD},
    "far": {"over": "10 days", "count": True, "sum": ["amount"], "quantiles": {"amount": [0.5]}},
    "hour": {"kind": "tumbling", "over": "1h", **TOLD},
    "visit": {"kind": "session", "gap": "3s", "over": "12s", **TOLD},
    "shop": {"by": "shop", "over": "20s", "count": True, "distinct": ["card"], "mean": ["amount"]},
}
READ = {"at": "date", "card": "id", "amount": "number", "shop": "category"}


def windowing(late: dict[str, Any] | None = None) -> Windowing:
    automation = Automation.model_validate(
        {
            "name": "fraud", "source": {"table": "x.csv", "key": "card", "time": "at"},
            "prepare": {"windows": WINDOWS, "duplicates": "keep", "late": late or {}},
            "decide": {"rules": [{"if": "amount > 3", "then": "hold"}]},
        }
    )  # fmt: skip
    plan = CleaningPlan(tuple(ColumnPlan(name, "", Reading(kind)) for name, kind in READ.items()))
    made = windowing_of(automation, plan)
    assert made is not None
    return made


START = {"1970": datetime(1970, 1, 1), "now": datetime(2026, 11, 26, 0, 59, 50), "2100": datetime(2100, 5, 1)}
moments = st.builds(
    lambda start, seconds: START[start] + timedelta(seconds=seconds),
    st.sampled_from(["now", "now", "now", "1970", "2100"]),
    st.sampled_from([0, 1, 1, 2, 3, 4.5, 5, 9.999999, 10, 10.000001, 12, 15, 20, 30, 3600]),
)
amounts = st.one_of(
    st.none(), st.sampled_from([0.0, -0.0, 0.1, 0.2, 0.3, 1.0, 5e-324, 1e16, -1e16, 1.7e308, -1.7e308]),
    st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip
rows = st.lists(
    st.fixed_dictionaries(
        {
            "at": st.one_of(moments, moments, moments, st.none()),
            "card": st.one_of(st.sampled_from(["a", "a", "b"]), st.none()),
            "amount": amounts, "shop": st.sampled_from(["x", "y", "z", "ä", None]),
        }
    ), max_size=40,
)  # fmt: skip


def earlier(kind: str, row: dict, known: list[dict], over: float, gap: float) -> list[dict]:
    at, length = row["at"], timedelta(seconds=over)
    before = sorted((one for one in known if one["at"] < at), key=lambda one: one["at"], reverse=True)
    if kind == "tumbling":
        since = at - (at - datetime(1970, 1, 1)) % length
        return [one for one in before if one["at"] >= since]
    inside = [one for one in before if one["at"] >= at - length]
    if kind == "sliding":
        return inside
    visit: list[dict] = []
    for one in inside:
        if (visit[-1] if visit else row)["at"] - one["at"] > timedelta(seconds=gap):
            break
        visit.append(one)
    return visit


def total(values: list[float]) -> float | None:
    try:
        return float(sum(map(Fraction, values), Fraction(0)))
    except OverflowError:
        return None


def reference(row: dict, known: list[dict]) -> dict[str, Any]:
    """What the windows tell of a row, of the rows that are known; the slow and obvious way."""
    out: dict[str, Any] = {}
    spans = {
        "near": ("sliding", 10, 0),
        "far": ("sliding", 864000, 0),
        "hour": ("tumbling", 3600, 0),
        "visit": ("session", 12, 3),
        "shop": ("sliding", 20, 0),
    }
    for name, declared in WINDOWS.items():
        by = declared.get("by", "card")
        if row[by] is None or row["at"] is None:
            continue
        counted = earlier(
            spans[name][0], row, [one for one in known if one[by] == row[by] and one["at"]], *spans[name][1:]
        )
        if declared.get("count"):
            out[f"{name}_count"] = len(counted)
        if declared.get("since_last"):
            out[f"{name}_since_last"] = (row["at"] - counted[0]["at"]).total_seconds() if counted else None
        values = [one["amount"] for one in counted if one["amount"] is not None]
        out[f"{name}_sum_amount"] = total(values)
        out[f"{name}_mean_amount"] = total(values) / len(values) if values and total(values) is not None else None
        out[f"{name}_min_amount"], out[f"{name}_max_amount"] = min(values, default=None), max(values, default=None)
        for level, told in ((0.25, "25"), (0.5, "50"), (0.95, "95")):
            out[f"{name}_p{told}_amount"] = sorted(values)[ceil(level * len(values)) - 1] if values else None
        shops = [one["shop"] for one in counted if one["shop"] is not None]
        common = [shop for shop, _ in sorted(Counter(shops).items(), key=lambda pair: (-pair[1], pair[0]))]
        for i, told in enumerate(("top", "top2", "top3")):
            out[f"{name}_{told}_shop"] = common[i] if i < len(common) else None
        out[f"{name}_distinct_shop"], out[f"{name}_distinct_amount"] = len(set(shops)), len(set(values))
        out[f"{name}_distinct_card"] = len({one["card"] for one in counted} - {None})
    return out


def only_made(told: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: told.get(name) for name in names}


@settings(max_examples=400, deadline=None)
@given(rows)
def test_a_table_is_told_as_the_reference_tells_it(given_rows: list[dict]) -> None:
    made = windowing()
    schema = pa.schema(
        [("at", pa.timestamp("us")), ("card", pa.string()), ("amount", pa.float64()), ("shop", pa.string())]
    )
    table = pa.Table.from_pylist(given_rows, schema=schema)
    told = windows_of(table, made, np.ones(len(table), bool), NOW).to_pylist()
    for row, found in zip(given_rows, told, strict=True):
        assert found == only_made(reference(row, given_rows), made.names)


class Stream:
    """Rows as they arrive, remembered in histories that forget."""

    def __init__(self, made: Windowing) -> None:
        self.made = made
        self.histories: list[dict[str, History]] = [{} for _ in made.groups]

    def meet(self, row: dict) -> dict[str, Any] | None:
        asked = self.made.row(row, NOW)
        groups = zip(self.histories, asked.keys, self.made.groups, strict=True)
        met = [
            None if key is None else known.setdefault(key, History(len(group.columns))) for known, key, group in groups
        ]
        if unfit(asked, self.made, met, NOW):
            return None
        told = tell(asked, self.made, met)
        remember(asked, met)
        for history, group in zip(met, self.made.groups, strict=True):
            if history is not None:
                history.forget(self.made.keeps(group))
        return told


@settings(max_examples=400, deadline=None)
@given(rows, st.sampled_from(["1us", "2s", "30s", "200 days"]))
def test_rows_that_come_one_by_one_are_told_as_the_reference_tells_them(given_rows: list[dict], allow: str) -> None:
    made = windowing({"allow": allow, "ahead": "30 days"})
    stream, known = Stream(made), []
    newest: dict[tuple[str, str], datetime] = defaultdict(lambda: datetime.min)
    for row in given_rows:
        told, row = stream.meet(row), {**row, "at": row["at"] or NOW}
        whose = [(by, row[by]) for by in ("card", "shop") if row[by] is not None]
        late = any(
            newest[one] != datetime.min and row["at"] < newest[one] - timedelta(seconds=made.late.allow)
            for one in whose
        )
        if late or row["at"] > NOW + timedelta(days=30):
            assert told is None
            continue
        assert told == only_made(reference(row, known), made.names)
        known.append(row)
        newest |= {one: max(newest[one], row["at"]) for one in whose}


@settings(max_examples=100, deadline=None)
@given(rows)
def test_rows_that_come_in_the_order_of_their_times_are_told_as_the_table_is(given_rows: list[dict]) -> None:
    made = windowing({"allow": "1us"})
    ordered = sorted((row for row in given_rows if row["at"] is not None), key=lambda row: row["at"])
    schema = pa.schema(
        [("at", pa.timestamp("us")), ("card", pa.string()), ("amount", pa.float64()), ("shop", pa.string())]
    )
    whole = windows_of(pa.Table.from_pylist(ordered, schema=schema), made, np.ones(len(ordered), bool), NOW).to_pylist()
    stream = Stream(made)
    assert [stream.meet(row) for row in ordered] == whole


def test_histories_forget_what_no_window_reaches_and_tell_the_same() -> None:
    made = windowing({"allow": "5s"})
    stream, known = Stream(made), []
    for n in range(2_000):
        row = {"at": START["now"] + timedelta(days=n / 20), "card": "a", "amount": float(n), "shop": "x"}
        told = stream.meet(row)
        if n % 97 == 0:
            assert told == only_made(reference(row, known), made.names)
        known.append(row)
    assert len(stream.histories[0]["a"]) < 500


def test_rows_that_are_not_counted_count_for_none() -> None:
    made = windowing()
    table = pa.table({"at": pa.array([START["now"] + timedelta(seconds=n) for n in range(3)], pa.timestamp("us")),
                      "card": ["a"] * 3, "amount": [1.0, 2.0, 4.0], "shop": ["x"] * 3})  # fmt: skip
    told = windows_of(table, made, np.array([True, False, True]), NOW)
    assert told.column("near_sum_amount").to_pylist() == [0.0, None, 1.0]


def test_a_clock_far_ahead_makes_nobody_late() -> None:
    made = windowing({"ahead": "1h"})
    table = pa.table({"at": pa.array([datetime(2100, 6, 2), NOW - timedelta(seconds=1), NOW], pa.timestamp("us")),
                      "card": ["a"] * 3, "amount": [1.0, 2.0, 4.0], "shop": ["x"] * 3})  # fmt: skip
    told = windows_of(table, made, np.ones(3, bool), NOW)
    assert told.column("near_count").to_pylist() == [None, 0.0, 1.0]
    stream = Stream(made)
    assert stream.meet({"at": datetime(2100, 6, 2), "card": "a", "amount": 1.0, "shop": "x"}) is None
    assert stream.meet({"at": NOW, "card": "a", "amount": 1.0, "shop": "x"})["near_count"] == 0


@pytest.mark.parametrize(
    ("column", "kind", "told"),
    [("at", "number", "times"), ("amount", "category", "numbers"), ("shop", "number", "words")],
)
def test_a_column_that_is_read_otherwise_is_refused_with_what_to_declare(column: str, kind: str, told: str) -> None:
    automation = Automation.model_validate(
        {
            "name": "fraud", "source": {"table": "x.csv", "key": "card", "time": "at"},
            "prepare": {"windows": WINDOWS, "duplicates": "keep"}, "decide": {"rules": [{"if": "amount > 3", "then": "hold"}]},
        }
    )  # fmt: skip
    plan = CleaningPlan(tuple(ColumnPlan(n, "", Reading(kind if n == column else k)) for n, k in READ.items()))
    with pytest.raises(QualityError, match=rf"'{column}' is not read as {told}[^→]*→ declare prepare.types"):
        windowing_of(automation, plan)
