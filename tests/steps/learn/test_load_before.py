"""Which modules workers are to have before it is known what is tried: those of everything that a table of numbers may be tried with."""

import subprocess
import sys

import pyarrow as pa
import pytest

from mainspring.measure.profile import profile
from mainspring.model import Question
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.portfolio import chosen, modules_of

TABLE = pa.table({"x": [1.0, 2.0, 3.0, 4.0] * 50, "c": ["a", "b"] * 100, "y": [1.5, 2.5, 3.5, 9.0] * 50})


@pytest.mark.parametrize("wanted", [(), ("linear", "decision_tree"), ("linear_log",), ("mlp", "knn")])
def test_they_have_every_candidate(wanted: tuple[str, ...]) -> None:
    goal = Goal(target="y", question=Question.NUMBER, metric="rmse")
    learners, _ = chosen(goal, profile(TABLE, "y"), wanted)
    assert learners
    assert {type(learner).__module__ for learner in learners} <= modules_of(wanted)


def test_the_usual_ones_are_without_encoders_and_nothing_is_loaded() -> None:
    assert not [name for name in modules_of() if ".text." in name]
    code = "import sys; from mainspring.steps.learn.portfolio import modules_of; modules_of(); print('lightgbm' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        == "False"
    )
