"""Networks for tables: multilayer perceptrons learned in numpy, an ensemble that shares its layers, and the plain linear and one-layer
networks it is compared with, these three in a framework."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from mainspring.errors import MissingExtra
from mainspring.measure.profile import Profile
from mainspring.model import Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.lesson import Lesson, card_of, lesson_of, level_and_spread, prior, refuse_one_class
from mainspring.steps.learn.tabular.network.course import SURELY, Course, Reached, Rows, Trains
from mainspring.steps.learn.tabular.network.descent import Descent
from mainspring.steps.learn.tabular.network.encoding import Encoding
from mainspring.steps.learn.tabular.network.framework import FRAMEWORKS, framework_for, trainer_on
from mainspring.steps.learn.tabular.network.model import NetworkModel
from mainspring.steps.learn.tabular.network.weights import Shape, Weights, begin

FEWEST_ROWS = 500
MOST_COLUMNS = 1000
MOST_CLASSES = 200
ANEW, EARLY = 1.5, 0.8
"""A course of ``ANEW`` times as far as the best was is tried where that is less than ``EARLY`` of the first."""
JUDGED = 10_000
"""Rows held back that judge an epoch, at most; and rows whose average input is taken."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """``rate`` is the highest; ``decay`` is AdamW's (Loshchilov and Hutter 2019). ``framework`` says whether one is wanted, or numpy
    does; ``copies`` how many networks are learned, each from another beginning, whose answers are averaged."""

    shape: Shape
    rate: float = 1e-2
    epochs: float = 24.0
    dropout: float = 0.1
    decay: float = 1e-2
    framework: bool = True
    copies: int = 1


def _plain(*hidden: int) -> Shape:
    return Shape(hidden=hidden, members=1, waves=0)


SHAPED = frozenset(f.name for f in fields(Shape))
RECIPES: Mapping[str, Recipe] = {
    "mlp": Recipe(_plain(128, 128), rate=2e-2, dropout=0.0, decay=0.1, framework=False, copies=3),
    "network": Recipe(Shape()),
    "small_network": Recipe(_plain(64), dropout=0.0),
    "linear_network": Recipe(_plain(), rate=2e-2, dropout=0.0),
}


@dataclass(frozen=True)
class Network:
    """``kind`` is one of ``RECIPES``, ``settings`` change its recipe and its shape. ``tuned`` has how many ``epochs`` to learn
    where no validation rows stop it."""

    name: str = "network"
    kind: str = "network"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:
        if RECIPES[self.kind].framework and framework_for(goal.framework) is None:
            return 'neither PyTorch nor TensorFlow is installed: pip install "mainspring[torch]"'
        if profile.rows < FEWEST_ROWS:
            return f"fewer than {FEWEST_ROWS} rows: a network would learn them by heart"
        if len(profile.columns) > MOST_COLUMNS:
            return f"more than {MOST_COLUMNS} columns: it would take too long"
        return f"more than {MOST_CLASSES} classes: it would take too long" if len(goal.classes) > MOST_CLASSES else None

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> NetworkModel:
        """Raises MissingExtra: the framework is not installed. QualityError: the rows cannot be learned from."""
        recipe = self._recipe
        make = _trainer(recipe, goal)
        lesson = lesson_of(train, goal)
        refuse_one_class(lesson, goal)
        pupil = _Pupil(lesson, goal)
        with threadpool_limits(budget.threads):
            all_learned = _copies(
                recipe, pupil, make, pupil.judge(valid), self.tuned.get("epochs", recipe.epochs), budget
            )
        card = card_of("network", lesson, goal, train.schema.field(goal.target).type)
        networks = [learned.weights for learned in all_learned]
        centers, scale = [pupil.center(weights) for weights in networks], (pupil.level, pupil.spread)
        return NetworkModel(card, pupil.encoding, networks, centers, scale, {"epochs": all_learned[0].epochs})

    @property
    def _recipe(self) -> Recipe:
        recipe = RECIPES[self.kind]
        of_shape = {name: self.settings[name] for name in SHAPED if name in self.settings}
        # Settings are lists, as JSON keeps them.
        of_shape |= {"hidden": tuple(of_shape.get("hidden", recipe.shape.hidden))}
        others = {name: value for name, value in self.settings.items() if name not in SHAPED}
        return replace(recipe, shape=replace(recipe.shape, **of_shape), **others)


def _trainer(recipe: Recipe, goal: Goal) -> Callable[..., Trains]:
    """Raises MissingExtra: the framework is not installed."""
    if not recipe.framework:
        return Descent
    framework = framework_for(goal.framework)
    if framework is None:
        raise MissingExtra("keras", FRAMEWORKS[0], "a network")
    return trainer_on(framework)


def _copies(
    recipe: Recipe, pupil: "_Pupil", make: Callable[..., Trains], judge: Callable[[Weights], float] | None, epochs: float,
    budget: Budget,
) -> list[Reached]:  # fmt: skip
    """What was learned from each beginning: as many as the time allows, and one at least."""

    def course(seed: int) -> tuple[Course, Callable[[], Trains]]:
        start = pupil.begin(recipe.shape, seed)
        trainer = partial(make, start, pupil.loss, recipe.dropout, recipe.decay, seed)
        return Course(pupil.seen, recipe.rate, seed, judge), trainer

    if budget.is_over():
        return [Reached(pupil.begin(recipe.shape, pupil.seed), math.inf, 0.0, epochs)]
    began = time.monotonic()
    found, copies = [_learned(*course(pupil.seed), epochs, budget)], recipe.copies
    if copies > 1:
        spent = max(time.monotonic() - began, 1e-9)
        copies = int(budget.allowed(copies, lambda: 1.0 + SURELY * budget.seconds / spent))
    while len(found) < copies and not budget.is_over():
        further, trainer = course(pupil.seed + len(found))
        found.append(further.run(trainer(), found[0].epochs, budget))
    return found


def _learned(course: Course, trainer: Callable[[], Trains], epochs: float, budget: Budget) -> Reached:
    """``epochs`` of what comes back is how long a course suits these rows.

    Where the best comes early, the rate was still high: a course that ends soon after it, its rate falling to nothing, does better.
    """
    found = course.run(trainer(), epochs, budget)
    if course.loss is None:
        return found
    suited = min(found.epochs, max(1.0, ANEW * found.at))
    if suited < EARLY * found.epochs and not budget.is_over():
        again = course.run(trainer(), suited, budget)
        found = again if again.loss < found.loss else found
    return replace(found, epochs=suited)


class _Pupil:
    """A lesson as a network sees it: encoded, in 32 bits, its numbers as distances from the mean in standard deviations."""

    def __init__(self, lesson: Lesson, goal: Goal) -> None:
        self._lesson, self._goal = lesson, goal
        self.encoding = Encoding.of(lesson.matrix, lesson.categories)
        self.level, self.spread = level_and_spread(lesson, goal)
        self.seen = self.rows(lesson)

    @property
    def loss(self) -> str:
        """Which of :data:`training.LOSSES`."""
        if self._goal.question == Question.NUMBER:
            return "absolute" if self._goal.metric in ("mae", "mape") else "squared"
        return "two" if len(self._goal.classes) == 2 else "many"

    @property
    def seed(self) -> int:
        return self._goal.seed

    def begin(self, shape: Shape, seed: int) -> Weights:
        sizes = len(self.encoding.numbers), self.encoding.width, len(self.encoding.categories), self.encoding.places
        return begin(shape, sizes, prior(self._lesson, self._goal), seed)

    def rows(self, lesson: Lesson) -> Rows:
        plain = self.encoding.plain(lesson.matrix).astype(np.float32)
        codes = self.encoding.codes(lesson.matrix).astype(np.int32)
        weights = None if lesson.weights is None else lesson.weights / lesson.weights.mean()
        truth = ((lesson.truth - self.level) / self.spread).astype(np.float32)
        return Rows(plain, codes, truth, None if weights is None else weights.astype(np.float32))

    def judge(self, valid: pa.Table | None) -> Callable[[Weights], float] | None:
        if valid is None or not len(valid):
            return None
        rows = self.rows(lesson_of(valid.slice(0, JUDGED), self._goal))
        loss = LOSSES[self.loss]

        def judged(weights: Weights) -> float:
            losses = loss(rows.truth, weights.answer(weights.embed(rows.plain, rows.codes)))
            return float(np.average(losses, weights=rows.weights))

        return judged

    def center(self, weights: Weights) -> np.ndarray:
        rows = self.seen.take(np.arange(len(self.seen))[:JUDGED])
        inputs = weights.embed(rows.plain, rows.codes)
        return np.average(inputs.astype(np.float64), axis=0, weights=rows.weights)


def _of_many(truth: np.ndarray, raw: np.ndarray) -> np.ndarray:
    high = raw.max(axis=1)
    total = np.log(np.exp(raw - high[:, None]).sum(axis=1)) + high
    return total - raw[np.arange(len(raw)), truth.astype(np.int64)]


LOSSES: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "squared": lambda truth, raw: (raw[:, 0] - truth) ** 2,
    "absolute": lambda truth, raw: np.abs(raw[:, 0] - truth),
    "two": lambda truth, raw: np.logaddexp(0.0, raw[:, 0]) - truth * raw[:, 0],
    "many": _of_many,
}
