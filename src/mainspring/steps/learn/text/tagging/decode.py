"""Decode: from scores of tags, a word each, to the likeliest sequence that is one (IOB2): nothing continues what did not begin."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mainspring.measure.spans.tags import OUTSIDE

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
NEVER = np.float32(-1e9)


def likely(scores: Floats) -> Floats:
    """Logarithms of probabilities (words × tags)."""
    least = scores - scores.max(axis=1, keepdims=True)
    return least - np.log(np.exp(least).sum(axis=1, keepdims=True))


def best(logs: Floats, tags: Sequence[str]) -> Ints:
    """The numbers of the tags (Viterbi 1967). Where the likeliest of each word make a sequence, they are it."""
    picked = logs.argmax(axis=1)
    allowed, first = follows(tags)
    if first[picked[0]] and allowed[picked[:-1], picked[1:]].all():
        return picked
    steps = np.where(allowed, np.float32(0), NEVER)
    total = logs[0] + np.where(first, np.float32(0), NEVER)
    back = np.zeros(logs.shape, np.int64)
    for at in range(1, len(logs)):
        reached = total[:, None] + steps
        back[at] = reached.argmax(axis=0)
        total = reached.max(axis=0) + logs[at]
    numbers = np.zeros(len(logs), np.int64)
    numbers[-1] = total.argmax()
    for at in range(len(logs) - 1, 0, -1):
        numbers[at - 1] = back[at, numbers[at]]
    return numbers


def follows(tags: Sequence[str]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which tag (column) may stand behind which (row), and which may come first."""
    begins = np.array([tag == OUTSIDE or tag[0] == "B" for tag in tags])
    same = np.array([[tag != OUTSIDE and before[1:] == tag[1:] for tag in tags] for before in tags])
    return begins[None, :] | same, begins
