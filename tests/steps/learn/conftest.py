"""A search over a small table, from raw rows to what was found."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mainspring.automation.learn import Learn
from mainspring.automation.prepare import Prepare
from mainspring.backends.engine.local import open_engine
from mainspring.measure.profile import profile
from mainspring.measure.stakes import Stakes
from mainspring.steps.learn.found import Found
from mainspring.steps.learn.goal import goal_of
from mainspring.steps.learn.kinds import MODELS
from mainspring.steps.learn.search import search
from mainspring.steps.learn.split import folds
from mainspring.steps.learn.terms import Terms
from mainspring.steps.prepare.clean import plan
from mainspring.steps.prepare.kinds import TRANSFORMS
from mainspring.steps.prepare.preparer import TablePreparer

# Worker processes load the learners of this folder by name.
sys.path.insert(0, str(Path(__file__).parent))

KINDS = {**MODELS, **TRANSFORMS}


@pytest.fixture
def customers() -> Callable[..., pa.Table]:
    """A table of ``rows`` customers who leave, more often when new and on plan ``a``."""

    def make(rows: int = 240, seed: int = 0) -> pa.Table:
        dice = np.random.default_rng(seed)
        months, plan_ = dice.integers(1, 60, rows).astype(float), dice.choice(["a", "b", "c"], rows)
        price = dice.normal(50, 15, rows)
        odds = 1.5 - months / 15 + (plan_ == "a") * 1.5 + price / 100
        leaves = np.where(dice.random(rows) < 1 / (1 + np.exp(-odds)), "yes", "no")
        spent = months * 3 + price + dice.normal(0, 5, rows)
        return pa.table({"months": months, "plan": plan_, "price": price, "leaves": leaves, "spent": spent})

    return make


@pytest.fixture
def find() -> Iterator[Callable[..., Found]]:
    """Clean, split and search as a run does; ``executor`` is threads unless said."""
    # One thread: scikit-learn is told by process-wide filters which warnings to keep to itself.
    with ThreadPoolExecutor(1) as threads:

        def run(table: pa.Table, declared: Learn, *, executor: Executor = threads, **terms) -> Found:
            cleaning = plan(table, Prepare(), target=declared.target, key=None)
            rows = cleaning.apply(table)
            rows = rows.filter(rows.column(declared.target).is_valid())
            gains, stakes = terms.pop("gains", None), terms.get("stakes")
            goal = goal_of(declared, rows.column(declared.target), has_gains=gains is not None or stakes is not None)
            if gains is not None:
                positive = None if goal.positive is None else goal.classes.index(goal.positive)
                terms["stakes"] = Stakes.of(gains, positive, len(rows))
            preparer = TablePreparer(
                cleaning, declared.target, question=goal.question, classes=goal.classes, positive=goal.positive,
                weight=goal.weight, exclude=tuple(declared.exclude), seed=goal.seed,
            )  # fmt: skip
            parts = folds(rows, goal, declared.split, time_column=None, key=None)
            usual = {"candidates": tuple(declared.candidates), "progress": lambda what, share: None, "workers": 1}
            known = profile(rows, declared.target)
            return search(
                rows, parts, goal, preparer,
                Terms(**{
                    **usual, "limits": declared.limits, "coverage": declared.coverage,
                    "executor": executor, "profile": known, "kinds": KINDS, **terms,
                }),
            )  # fmt: skip

        yield run


@pytest.fixture
def processes() -> Iterator[Executor]:
    engine = open_engine("local:2").executor
    yield engine
    engine.shutdown()
