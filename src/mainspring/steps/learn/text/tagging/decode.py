"""Decode: from scores of tags, a unit each, to the likeliest sequence of them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mainspring.steps.learn.text.tagging.transitions import Steps

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


def likely(scores: Floats) -> Floats:
    """Logarithms of probabilities (units × tags)."""
    least = scores - scores.max(axis=1, keepdims=True)
    return least - np.log(np.exp(least).sum(axis=1, keepdims=True))


def best(logs: Floats, ends: Sequence[bool], steps: Steps) -> Ints:
    """The numbers of the tags (Viterbi 1967); ``ends`` says behind which units a line ends. No step that never is one is taken."""
    total = logs[0] + steps.first
    back = np.zeros(logs.shape, np.int64)
    for at in range(1, len(logs)):
        reached = total[:, None] + (steps.behind if ends[at - 1] else steps.within)
        back[at] = reached.argmax(axis=0)
        total = reached.max(axis=0) + logs[at]
    numbers = np.zeros(len(logs), np.int64)
    numbers[-1] = total.argmax()
    for at in range(len(logs) - 1, 0, -1):
        numbers[at - 1] = back[at, numbers[at]]
    return numbers
