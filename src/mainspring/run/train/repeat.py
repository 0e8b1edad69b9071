"""Repeat: the whole of learning once more on another split, to see how far its figures hang on chance.

Nested: the split comes first, and what the columns mean, the features, the choice and the threshold are all told from its
training rows, so that nothing has seen the rows it is judged on.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa

from mainspring.automation import Automation
from mainspring.backends.opening import Backends
from mainspring.errors import QualityError
from mainspring.model import Model
from mainspring.run.flow import Result
from mainspring.run.progress import RunProgress
from mainspring.run.train.evaluate import headline
from mainspring.run.train.learn import Known, searched
from mainspring.run.train.prepare import parted
from mainspring.run.train.stakes import capacity_of, deciding
from mainspring.steps.learn.evaluation.evaluate import evaluate
from mainspring.steps.learn.record.ledger import Ledger
from mainspring.steps.prepare.expect import Expectations


def repeat(
    automation: Automation, backends: Backends, collected: Result, turn: int, folder: Path, progress: RunProgress
) -> Result:
    """Split number ``turn`` (from 1 on): its metric, on how many test rows, and the members of its blend. Nothing is registered.

    Raises:
        QualityError: after the expectations there is nothing left to learn from or to test on.
    """
    declared = automation.learn
    assert declared is not None  # the caller asks only where there is something to learn
    made = parted(automation, backends.lake.read(collected["table"], collected["version"]), declared, turn)
    rows = made.reading.apply(made.rows)
    kept = Expectations(automation.prepare).judge(rows).kept
    train, test = (rows.take(pa.array(part[kept[part]])) for part in (made.train, made.test))
    if not len(train) or not len(test):
        raise QualityError(
            "a split has no row that keeps the expectations", where="learn.repeats", remedy="repeat less often"
        )
    capacity = capacity_of(automation, rows)
    known = Known(train, made.goal, made.reading, capacity)
    done = searched(automation, backends, known, folder / f"repeat-{turn}", progress, (Ledger(), None))
    model, policy = cast(Model, done.found.model), done.policy
    decided = deciding(policy, made.goal, capacity.share)
    evaluation = evaluate(
        model, test, made.goal, gains=policy.gains, threshold=policy.threshold, decided=decided
    ).to_dict()
    metric, value = headline(evaluation, made.goal.metric)
    members = [candidate.name for candidate in done.found.candidates if candidate.weight > 0]
    return {"metric": metric, "value": value, "rows": evaluation["rows"], "members": members}


def spread(first: Mapping[str, Any], learned: Result, metric: str, others: Sequence[Result]) -> Result:
    """The splits together: the ``first`` evaluation, of what was ``learned``, and the ``others``."""
    name, value = headline(dict(first), metric)
    members = [candidate["name"] for candidate in learned["found"]["candidates"] if candidate["weight"] > 0]
    splits = [{"metric": name, "value": value, "rows": first["rows"], "members": members}, *others]
    values = np.array([split["value"] for split in splits if split["metric"] == name])
    return {"metric": name, "mean": float(values.mean()), "deviation": float(values.std(ddof=1)), "splits": splits}
