"""Where no candidate ended in time some are tried again, and what is left of the time is theirs."""

import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest

from mainspring.model import Question
from mainspring.steps.learn import search
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.record.ledger import Ledger
from mainspring.steps.learn.trial.tries import UP, Course


class Late:
    """None ends in time until it is asked for a second time."""

    asked: ClassVar[list[int]] = []

    def __init__(self, learners: Sequence[Any], course: Course, terms: Any, judge: Any, draws: object = None) -> None:
        self._learners = learners

    def run(self) -> list[Any]:
        self.asked.append(len(self._learners))
        why_not = UP if len(self.asked) == 1 else None
        return [SimpleNamespace(learner=learner, why_not=why_not) for learner in self._learners]


@pytest.mark.parametrize("left", [-5.0, 0.5, 40.0])
def test_what_is_left_of_the_time_is_theirs(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, left: float) -> None:
    Late.asked.clear()
    monkeypatch.setattr(search, "Tries", Late)
    terms = SimpleNamespace(ledger=Ledger(), candidates=("a",), limits=SimpleNamespace(interpretable=False), workers=2)
    now = time.monotonic()
    course = Course(tmp_path, Goal(Question.NUMBER, "y", "rmse"), now, now, None, lambda fold: None)
    tries, end = search._tried(["a", "b", "c"], course, cast(Any, terms), cast(Any, None), now + left)
    assert Late.asked == [3, 2]
    assert [t.learner for t in tries if t.why_not is None] == ["a", "b"]
    assert end - now == pytest.approx(max(left, search.SOON), abs=0.5)
