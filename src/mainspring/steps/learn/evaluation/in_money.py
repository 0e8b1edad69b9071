"""In money: what decisions gain on rows that no choice has seen, beside the model alone and simple policies."""

from typing import Any

import numpy as np

from mainspring.measure.gains import Gains, baselines, profit_by_share
from mainspring.measure.metrics import interval
from mainspring.steps.learn.evaluation.judged import Floats, Ints


def actions_alone(answers: Floats, gains: Gains, positive: int | None, threshold: float | None) -> Ints:
    """What the model's answers (n × classes) would do without rules and capacity."""
    if positive is None or len(gains.actions) != 2 or threshold is None:
        return gains.best_actions(answers)
    return (answers[:, positive] >= threshold).astype(np.int64)


def in_money(
    truth: Ints, gains: Gains, actions: tuple[Ints, Ints], chance: Floats | None, weights: Floats | None
) -> dict[str, Any]:
    """What each policy gains on rows with known ``truth`` (n), as plain values.

    ``actions`` (n each) are those of the whole decision, and of the model alone; of an action that the gains do not speak of it is
    what doing nothing gains. ``chance`` (n) of the class sought is given where one action is, and ranks the rows for simple policies.
    Where rows have ``weights`` (n), a gain counts as often as its row does, on average once.
    """
    whole, alone = actions
    weight = np.ones(len(truth)) if weights is None else weights / weights.mean()

    def gained(some: Ints) -> Floats:
        return gains.realised(np.where(some < len(gains.actions), some, 0), truth)

    def entry(some: Ints) -> dict[str, float]:
        return {"contacted": int((some > 0).sum()), "gain": float(gained(some) @ weight)}

    ours, earned = entry(whole), gained(whole)
    low, high = interval(lambda rows: float(np.average(earned[rows], weights=weight[rows])), len(earned))
    told: dict[str, Any] = {
        "gain_a_row": {"value": float(np.average(earned, weights=weight)), "low": low, "high": high},
        "baselines": {"mainspring": ours} | ({"model_alone": entry(alone)} if (whole != alone).any() else {}),
    }
    if chance is None:
        told["baselines"]["nobody"] = entry(whole * 0)
        return told
    simple = baselines(truth, chance, gains, weight)
    told["baselines"] |= {name: {"contacted": count, "gain": gain} for name, (count, gain) in simple.items()}
    told["profit_curve"] = [list(point) for point in profit_by_share(truth, chance, gains, weights=weight)]
    told["chosen"] = {"share": ours["contacted"] / max(1, len(truth)), "gain": ours["gain"]}
    return told
