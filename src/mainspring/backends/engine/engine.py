"""Engine: what runs the work, and how much of it at once."""

from concurrent.futures import Executor
from typing import NamedTuple


class Engine(NamedTuple):
    executor: Executor
    workers: int
