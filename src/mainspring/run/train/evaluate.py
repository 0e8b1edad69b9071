"""Evaluate: the learned model on the test rows, the present champion beside it, and whether the figures can be believed."""

from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from mainspring.automation import Automation
from mainspring.backends.opening import Backends
from mainspring.model import Model, open_model
from mainspring.run.flow import Result
from mainspring.run.kinds import KINDS
from mainspring.run.train.learn import MODEL
from mainspring.run.train.prepare import TEST, TRAIN, goal_from_plain, part_of
from mainspring.run.train.stakes import deciding
from mainspring.steps.decide.policy import Policy
from mainspring.steps.learn.evaluation.agreement import agreement
from mainspring.steps.learn.evaluation.alarms import alarms, repeated
from mainspring.steps.learn.evaluation.covered import covered
from mainspring.steps.learn.evaluation.evaluate import evaluate
from mainspring.steps.learn.evaluation.explain import explain
from mainspring.steps.learn.evaluation.outside import outside
from mainspring.steps.learn.evaluation.whole import whole
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.terms import kept_for_telling

EXPLAINING = 0.4
"""Of the time that is kept for telling."""


def test(
    automation: Automation, backends: Backends, cleaned: Result, kept: Result, learned: Result, folder: Path
) -> Result:
    """Evaluate the model in ``folder`` on the test rows, and the present champion on the same."""
    goal = goal_from_plain(cleaned["goal"])
    both = backends.lake.read(kept["table"], kept["version"])
    rows = part_of(both, TEST)
    policy = Policy.from_dict(learned["policy"])
    model = open_model(folder / MODEL, KINDS, learned["hash"])
    decided = deciding(policy, goal, learned.get("capacity"))
    evaluation = evaluate(model, rows, goal, gains=policy.gains, threshold=policy.threshold, decided=decided).to_dict()
    assert automation.learn is not None  # there is a model
    seconds = EXPLAINING * kept_for_telling(automation.learn.limits)
    evaluation |= explain(model, rows, goal, gains=policy.gains, private=_private(automation), seconds=seconds)
    evaluation["whole"] = whole(model, part_of(both, TRAIN), _private(automation))
    if (told := covered(model, rows, goal)) is not None:
        evaluation["coverage"] = told | {"declared": automation.learn.coverage}
    if (beyond := outside(model, rows, goal)) is not None:
        evaluation["outside"] = beyond | {"declared": automation.learn.out_of_scope}
    evaluation["repeated"] = repeated(part_of(both, TRAIN), rows, model.card.input.names)
    agreed = agreement(goal.metric, learned["found"]["metrics"], evaluation, learned["found"]["judged_rows"])
    evaluation["agreement"] = agreed
    evaluation["alarms"] = alarms(goal.target, learned["profile"], evaluation, agreed)
    champion = _champion_on(automation.name, backends, rows, goal, learned.get("capacity"))
    return {"evaluation": evaluation, "champion": champion}


def headline(evaluation: dict[str, Any], metric: str) -> tuple[str, float]:
    """The metric a version is compared by, and its value; for profit the gain a row on the test rows."""
    if metric == "profit" and "baselines" in evaluation:
        return "profit", evaluation["baselines"]["mainspring"]["gain"] / max(1, evaluation["rows"])
    return metric, evaluation["metrics"][metric]["value"]


def _private(automation: Automation) -> set[str]:
    """Columns whose values are shown nowhere; what is generalised was made to be shown."""
    return {column for column, how in automation.prepare.protect.items() if how != "generalise"}


def _champion_on(
    name: str, backends: Backends, rows: pa.Table, goal: Goal, share: float | None
) -> dict[str, Any] | None:
    """Each with its own rules and threshold, and with the capacity there is now."""
    if not backends.registry.has(name):
        return None
    champion = backends.registry.get(name)
    card = champion.card
    if (card.question, card.target, card.classes) != (goal.question, goal.target, goal.classes):
        return None
    policy = Policy.from_dict(cast(dict[str, Any], champion.facts["policy"]))
    model: Model = open_model(champion.folder, KINDS, champion.hash)
    decided = deciding(policy, goal, share)
    evaluation = evaluate(model, rows, goal, gains=policy.gains, threshold=policy.threshold, decided=decided).to_dict()
    metric, value = headline(evaluation, goal.metric)
    return {"version": champion.version, "metric": metric, "value": value}
