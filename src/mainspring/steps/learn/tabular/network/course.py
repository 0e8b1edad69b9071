"""Course: a network's way through its epochs: mini-batches, a rate that rises and falls, and a stop where it learns no more."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.tabular.network.weights import Array, Weights

RISING = 0.05
"""Share of the steps in which the rate rises; then it falls as a half cosine (Loshchilov and Hutter 2017)."""
FEWEST, USUAL, MOST = 32, 128, 512
MANY = 16
"""Rows of a batch: fewer where there were not so ``MANY`` batches, more from ``LARGE`` rows on, where their number costs the time."""
LARGE = 20_000
PROBED = 4
"""Steps that tell how long one takes; the first, in which frameworks compile, aside."""
SURELY = 0.85
"""Share of the time left that is counted on."""
PATIENCE = 0.3
LEAST_PATIENCE = 5
"""Epochs, or of a long course this share of them, without a better loss after which no more is learned."""


@dataclass(frozen=True, slots=True)
class Rows:
    """``plain`` (n × w) and ``truth`` (n) in 32 bits, ``codes`` (n × c), ``weights`` (n) of mean one, or None."""

    plain: Array
    codes: Array
    truth: Array
    weights: Array | None

    def __len__(self) -> int:
        return len(self.truth)

    def take(self, rows: Array) -> "Rows":
        weights = None if self.weights is None else self.weights[rows]
        return Rows(self.plain[rows], self.codes[rows], self.truth[rows], weights)


class Trains(Protocol):
    """Whoever makes the steps: :class:`training.Trainer`."""

    def step(self, rows: Rows, rate: float) -> None: ...

    def weights(self) -> Weights: ...


@dataclass(frozen=True, slots=True)
class Reached:
    """``weights`` with the least ``loss`` of a course of ``epochs``, ``at`` so many of them; the last where nothing judged them."""

    weights: Weights
    loss: float
    at: float
    epochs: float


@dataclass(frozen=True, slots=True)
class Course:
    """Learns ``rows`` in mini-batches, at most at ``rate``; ``loss`` judges weights on rows held back, or is None."""

    rows: Rows
    rate: float
    seed: int
    loss: Callable[[Weights], float] | None

    def run(self, trainer: Trains, epochs: float, budget: Budget) -> Reached:
        """So many epochs, or as many as the budget allows, the rate falling the faster."""
        best = Reached(trainer.weights(), math.inf, 0.0, epochs)
        watch, patience = _Watch(budget), max(LEAST_PATIENCE, PATIENCE * epochs)
        for step, batch in enumerate(self._batches(), start=1):
            trainer.step(batch, self.rate * _height(step, epochs * self._steps))
            watch.tick()
            if step == PROBED:
                epochs = budget.allowed(epochs, lambda: watch.affordable / self._steps)
            over = budget.is_over() or step >= epochs * self._steps
            if over or step % self._steps == 0:
                best = self._better(best, trainer, step, over=over)
            if over or step / self._steps - best.at >= patience:
                break
        return replace(best, epochs=epochs)

    def _better(self, best: Reached, trainer: Trains, step: int, *, over: bool) -> Reached:
        if self.loss is None and not over:
            return replace(best, at=step / self._steps)
        weights = trainer.weights()
        loss = math.inf if self.loss is None else self.loss(weights)
        if self.loss is not None and not loss < best.loss:
            return best
        return Reached(weights, loss, step / self._steps, best.epochs)

    @property
    def _steps(self) -> int:
        """In an epoch."""
        rows = len(self.rows)
        batch = min(USUAL, max(FEWEST, rows // MANY)) if rows < LARGE else min(MOST, rows * USUAL // LARGE)
        return max(1, rows // batch)

    def _batches(self) -> Iterator[Rows]:
        """Without end, each of the same size: frameworks compile for each size anew."""
        dice = np.random.default_rng(self.seed)
        size = len(self.rows) // self._steps
        while True:
            order = dice.permutation(len(self.rows))
            for number in range(self._steps):
                yield self.rows.take(order[number * size : (number + 1) * size])


class _Watch:
    """Times the steps from the second on."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._began = 0.0
        self._steps = 0

    def tick(self) -> None:
        """A step was made."""
        self._began = self._began or time.monotonic()
        self._steps += 1

    @property
    def affordable(self) -> float:
        """How many steps the time allows in all, by those that were made."""
        each = (time.monotonic() - self._began) / (self._steps - 1)
        return self._steps + SURELY * self._budget.seconds / max(each, 1e-9)


def _height(step: int, steps: float) -> float:
    """The rate at a step (from 1 on), as a share of the highest."""
    done = min(1.0, step / max(steps, 1.0))
    return min(1.0, done / RISING) * 0.5 * (1.0 + math.cos(math.pi * done))
