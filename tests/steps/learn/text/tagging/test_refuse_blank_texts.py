"""Where no text has a word there is nothing to learn from, and it is said so."""

import time

import pyarrow as pa
import pytest

from mainspring.errors import QualityError
from mainspring.model import Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.text.tagging.tagger import Tagger


def test_blank_texts_are_refused() -> None:
    table = pa.table({"text": ["   ", " \n"], "spans": ['[[0,1,"A"]]', "[]"]})
    goal = Goal(Question.SPANS, "spans", "entity_f1")
    with pytest.raises(QualityError, match="no text to learn from has a word"):
        Tagger().fit(table, None, goal, Budget(time.monotonic() + 30))
