"""Window: the rows that are looked at, with what was answered, done and found out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.measure.samples.shape import Tallied
from mainspring.model import Question
from mainspring.steps.watch.kept.reference import Asked

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Times = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Rows (n) whose truth is known, in the order they were decided: ``answers`` (n × classes, or n), ``truth`` (n, numbers of classes,
    or values), ``acted`` (n, numbers of the actions that were taken), where there are gains.
    """

    answers: Floats
    truth: npt.NDArray[np.generic]
    acted: Ints | None = None
    at: Times | None = None
    earned: Floats | None = None
    """What is said to have been gained in money (n), NaN where that is left to the declared gains."""

    def __len__(self) -> int:
        return len(self.truth)


@dataclass(frozen=True, slots=True)
class Window:
    """``columns`` are cleaned features (n rows), or sketches of them; ``answers`` (m × classes, or m) are those of the version that is
    watched, of which ``acted`` are the policy's actions; ``per_day`` is how many decisions a day the window stands for, None where nobody
    knows.
    """

    rows: int
    columns: Mapping[str, pa.Array | Tallied]
    answers: Floats
    acted: Ints | None = None
    outcomes: Outcomes | None = None
    per_day: float | None = None
    at: Times | None = None
    """Of the answers (m)."""
    problems: Mapping[str, int] = field(default_factory=dict[str, int])
    """Column → values that could not be read as the column is."""


def told(asked: Asked, answers: Floats) -> dict[str, pa.Array]:
    """What is watched of the answers: ``prediction``, and of classes the ``score``."""
    if asked.question == Question.NUMBER:
        return {"prediction": pa.array(answers)}
    chosen = answers.argmax(axis=1) if len(answers) else np.zeros(0, np.int64)
    labels = np.array([str(label) for label in asked.classes], object)
    score = answers.max(axis=1) if asked.positive is None and len(answers) else answers[:, asked.positive or 0]
    return {"prediction": pa.array(labels[chosen], pa.string()), "score": pa.array(score)}


def target_of(asked: Asked, outcomes: Outcomes) -> pa.Array:
    """The known outcomes as the target's column."""
    if asked.question == Question.NUMBER:
        return pa.array(outcomes.truth.astype(np.float64))
    return pa.array([asked.classes[int(k)] for k in outcomes.truth])
