"""Machine: how fast this one is, told by a small piece of what learning is made of."""

import time

import numpy as np
from sklearn.tree import DecisionTreeRegressor

ROWS, COLUMNS, LEAVES, TURNS = 4000, 10, 64, 3
REFERENCE = 0.015
"""Seconds that this piece took where the costs of :mod:`plan` were measured: one core of a shared AMD EPYC, 2026-11-26."""


def slowness() -> float:
    """How many times as long as there the same work takes here. Measured within some tenths of a second."""
    dice = np.random.default_rng(0)
    columns = dice.normal(size=(ROWS, COLUMNS))
    target = columns[:, 0] + dice.normal(size=ROWS)
    return min(_seconds(columns, target) for _ in range(TURNS)) / REFERENCE


def _seconds(columns: np.ndarray, target: np.ndarray) -> float:
    # The least of some turns: what else the machine did in one of them is not its speed.
    began = time.perf_counter()
    DecisionTreeRegressor(max_leaf_nodes=LEAVES, random_state=0).fit(columns, target)
    return time.perf_counter() - began
