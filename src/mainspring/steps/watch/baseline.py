"""Baseline: makes the reference of a model version, its tolerances learned from the reference against itself."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.measure.metrics import all_scores, interval, score
from mainspring.measure.samples.distance import jensen_shannon_each
from mainspring.measure.samples.shape import Shape, coarse, shape_of
from mainspring.model import Question
from mainspring.steps.watch.kept.calibration import calibrated, curves_of
from mainspring.steps.watch.kept.reference import Asked, Judged, Reference, Sizes, blocks
from mainspring.steps.watch.kept.surprise import QUANTILES, surprises, told_chances

Floats = npt.NDArray[np.float64]
Watched = Mapping[str, pa.Array]

REPEATS = 100


def baseline(
    asked: Asked, features: Watched, target: pa.Array, answers: Watched, judged: Judged | None, training_seconds: float
) -> Reference:
    """``features`` and ``target`` are cleaned rows learned and tested on, in their order; ``answers`` are of the test rows."""
    columns = {name: shape_of(values) for name, values in features.items()}
    told = {name: shape_of(values) for name, values in answers.items()}
    outcome = shape_of(target, levels=asked.question == Question.CLASS)
    watched = [*((n, columns[n], v) for n, v in features.items()), *((n, told[n], v) for n, v in answers.items())]
    tolerances = {
        name: _tolerance(shape, values) for name, shape, values in (*watched, (asked.target, outcome, target))
    }
    return Reference(len(target), asked, columns, outcome, told, tolerances, judged, training_seconds)


def judge(asked: Asked, answers: Floats, truth: npt.NDArray[Any], acted: npt.NDArray[np.int64] | None) -> Judged:
    """How answers (n × classes, or n) did on test rows; ``acted`` are the numbers of the policy's actions, where there are gains."""
    classes = asked.question == Question.CLASS
    curves = curves_of(answers, truth) if classes else ()
    errors = () if classes else tuple(np.quantile(np.abs(answers - truth), QUANTILES).tolist())
    plain = Judged(len(truth), {}, curves=curves, errors=errors)
    odd = surprises(plain, calibrated(answers, curves) if classes else answers, truth)
    gained = None
    if acted is not None and asked.gains is not None:
        gained = asked.gains.realised(acted, truth.astype(np.int64))
    return Judged(
        len(truth),
        {
            name: (value, *_interval(asked, name, answers, truth))
            for name, value in _scores(asked, answers, truth).items()
        },
        None if gained is None else (float(gained.mean()), *_normal(gained)),
        curves,
        errors,
        ((), (), ()) if classes else told_chances(answers, truth),
        float(odd.std()),
        tuple(
            (size, max(abs(float(odd[at : at + size].mean())) for at in starts)) for size, starts in blocks(len(odd))
        ),
    )


def _scores(asked: Asked, answers: Floats, truth: npt.NDArray[Any]) -> dict[str, float]:
    if asked.question == Question.CLASS and len(np.unique(truth)) < 2:
        return {}
    return all_scores(truth, answers, asked.question, positive=asked.positive)


def _interval(asked: Asked, name: str, answers: Floats, truth: npt.NDArray[Any]) -> tuple[float, float]:
    def measure(rows: npt.NDArray[np.int64]) -> float:
        return score(name, truth[rows], answers[rows], positive=asked.positive)

    return interval(measure, len(truth), repeats=REPEATS)


def _normal(values: Floats) -> tuple[float, float]:
    reach = 1.96 * float(values.std()) / max(1.0, np.sqrt(len(values)))
    return float(values.mean()) - reach, float(values.mean()) + reach


def _tolerance(shape: Shape, values: pa.Array) -> Sizes:
    """How far the farthest block of each size lay from the other rows."""
    codes = coarse(shape, shape.codes(values))
    bins = int(codes.max(initial=0)) + 1
    whole = np.bincount(codes, minlength=bins)
    sizes: list[tuple[int, float]] = []
    for size, starts in blocks(len(codes)):
        now = np.array([np.bincount(codes[at : at + size], minlength=bins) for at in starts])
        sizes.append((size, float(jensen_shannon_each(whole - now, now).max())))
    return tuple(sizes)
