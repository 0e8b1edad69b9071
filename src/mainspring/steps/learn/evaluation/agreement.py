"""Agreement: whether the test rows say what the search had measured out of fold, or more than chance lies between."""

import math
from collections.abc import Mapping
from typing import Any

from mainspring.measure.metrics import METRICS

FAR = 2.0
"""So many times what chance explains is far."""


def agreement(
    metric: str, out_of_fold: Mapping[str, float], evaluation: Mapping[str, Any], judged_rows: int
) -> dict[str, Any] | None:
    """The ``out_of_fold`` value (of ``judged_rows``) and the ``test`` value of ``metric``, and whether they agree.

    None where one is unknown. The search chose by the out-of-fold value, so that is somewhat too good. Both are uncertain: the
    interval of the test rows, widened by what the number of out-of-fold rows adds, is what chance explains. ``far`` is worse
    by more than twice that.
    """
    told = evaluation.get("gain_a_row") if metric == "profit" else evaluation["metrics"].get(metric)
    before = out_of_fold.get(metric)
    if told is None or before is None or not all(math.isfinite(v) for v in (before, *told.values())):
        return None
    by_chance = (told["high"] - told["low"]) / 2 * math.sqrt(1 + evaluation["rows"] / max(1, judged_rows))
    worse = before - told["value"] if METRICS[metric].greater_is_better else told["value"] - before
    return {
        "metric": metric, "out_of_fold": before, "test": told["value"], "low": told["low"], "high": told["high"],
        "agrees": abs(worse) <= by_chance, "far": worse > FAR * by_chance,
    }  # fmt: skip
