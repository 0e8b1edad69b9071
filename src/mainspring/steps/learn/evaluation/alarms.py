"""Alarms: signs that a model looks better than it will be, each with what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from mainspring.measure.metrics import METRICS

SENTENCES: Mapping[str, tuple[str, str]] = {
    "gives_away": (
        "{column} alone tells {target} almost surely ({score}).",
        "If it is not known when the decision is made, the model will fail: name it in learn.exclude and run again.",
    ),
    "dominant": (
        "{column} carries {share} of the answers, and they are nearly perfect ({metric} {score}).",
        "If it is filled in after the fact, name it in learn.exclude and run again.",
    ),
    "gap": (
        "On the test rows {metric} is {test}, out of fold it was {before}: further apart than chance explains.",
        "Expect no more than the test value, and look whether rows belong together or change with time (learn.split).",
    ),
    "repeated": (
        "{count} of {rows} test rows repeat a training row in every column the model sees, more than chance explains.",
        "They are known by heart: keep what belongs together on one side (learn.split by group, or source.key).",
    ),
}
"""Of each kind of alarm what was seen, and what to do; names in braces are its values."""
DOMINANT = 0.9
PERFECT = 0.98
REPEATED = 0.05
"""Share of the test rows that may repeat training rows."""
BY_CHANCE = 0.01
"""Rows that may be expected to repeat one, were the columns independent: beyond, repeats are in the nature of the table."""

Alarm = dict[str, Any]


def alarms(
    target: str, profile: Mapping[str, Any], evaluation: Mapping[str, Any], agreed: Mapping[str, Any] | None
) -> list[Alarm]:
    """``profile`` and ``evaluation`` as plain values, the latter with its ``importance`` and ``repeated`` rows."""
    found = [
        {"alarm": "gives_away", "column": suspect["column"], "target": target, "score": suspect["score"]}
        for suspect in profile.get("suspects") or ()
        if suspect.get("score") is not None
    ]
    told = {alarm["column"] for alarm in found}
    found += [alarm for alarm in _dominant(evaluation) if alarm["column"] not in told]
    if agreed is not None and agreed["far"]:
        found.append(
            {"alarm": "gap", "metric": agreed["metric"], "test": agreed["test"], "before": agreed["out_of_fold"]}
        )
    if count := evaluation.get("repeated"):
        found.append({"alarm": "repeated", "count": count, "rows": evaluation["rows"]})
    return found


def sentence(alarm: Alarm) -> str:
    """The alarm in English, for terminals and logs."""
    shown = {name: f"{value:.4g}" if isinstance(value, float) else str(value) for name, value in alarm.items()}
    if "share" in alarm:
        shown["share"] = f"{alarm['share']:.0%}"
    if "metric" in alarm:
        shown["metric"] = METRICS[alarm["metric"]].title
    return " ".join(SENTENCES[alarm["alarm"]]).format(**shown)


def _dominant(evaluation: Mapping[str, Any]) -> list[Alarm]:
    importance: list[Mapping[str, Any]] = list(evaluation.get("importance") or ())
    total = sum(entry["value"] for entry in importance)
    metric = "r2" if evaluation["question"] == "number" else "roc_auc"
    score = (evaluation["metrics"].get(metric) or {}).get("value", 0.0)
    if not total or importance[0]["value"] < DOMINANT * total or not score >= PERFECT:
        return []
    return [{"alarm": "dominant", "column": importance[0]["column"], "share": importance[0]["value"] / total,
             "metric": metric, "score": score}]  # fmt: skip


def repeated(train: pa.Table, test: pa.Table, columns: Sequence[str]) -> int:
    """How many test rows repeat a training row in all of ``columns``; 0 where so many are in the nature of the table."""
    plain = {field.name for field in train.schema if not pa.types.is_nested(field.type)} & {*test.column_names}
    seen = [name for name in columns if name in plain]
    if not seen or not len(test):
        return 0
    learned, held = (pl.DataFrame(table.select(seen)) for table in (train, test))
    count = held.join(learned.unique(), on=seen, how="semi", nulls_equal=True).height
    if count <= REPEATED * len(test) or len(train) * _coincidence(learned) > BY_CHANCE:
        return 0
    return count


def _coincidence(rows: pl.DataFrame) -> float:
    """The chance that two different rows are the same in every column, were the columns independent."""
    pairs = max(1, rows.height * (rows.height - 1))
    counts = [rows.get_column(name).value_counts()["count"].to_numpy().astype(np.float64) for name in rows.columns]
    return float(np.prod([(count * (count - 1)).sum() / pairs for count in counts]))
