"""Side by side: what a graph is asked again and again, on several cores, each question by itself."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")
FEW = 4
"""So many are asked one after another: beginning threads would take longer."""


def side_by_side(ask: Callable[[Question], Answer], asked: Sequence[Question], cores: int) -> Iterator[Answer]:
    """The answers, in the order of what is asked."""
    if len(asked) <= FEW or cores == 1:
        yield from map(ask, asked)
        return
    with ThreadPoolExecutor(cores) as threads:
        yield from threads.map(ask, asked)
