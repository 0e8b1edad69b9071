"""Small feature tables, and budgets."""

import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from mainspring.steps.learn.learner import Budget


@pytest.fixture
def budget() -> Budget:
    return Budget(time.monotonic() + 60.0, 1)


@pytest.fixture
def numbers() -> Callable[..., pa.Table]:
    """A table of n rows and m standard normal columns ``x0 …``, some of them missing."""

    def make(n: int, m: int, missing: float = 0.0, seed: int = 0) -> pa.Table:
        draw = np.random.default_rng(seed)
        values = draw.normal(size=(n, m))
        values[draw.random((n, m)) < missing] = np.nan
        return pa.table({f"x{j}": values[:, j] for j in range(m)})

    return make
