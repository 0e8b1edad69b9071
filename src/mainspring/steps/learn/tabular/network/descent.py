"""Descent: a perceptron learned in numpy, a step at a time, where loading a framework would take more than the learning."""

from collections.abc import Callable, Mapping

import numpy as np
from scipy.sparse import csr_array
from scipy.special import expit

from mainspring.steps.learn.tabular.answers import probabilities
from mainspring.steps.learn.tabular.network.course import Rows
from mainspring.steps.learn.tabular.network.weights import Array, Weights

FIRST, SECOND, LEAST = 0.9, 0.999, 1e-7
"""Adam's: what is kept of the mean slope and of the mean square at each step, and what is added to its root (Kingma & Ba 2015)."""
STEEPEST = 1.0
"""Length to which all slopes together are shortened."""
HELD = "scale"
"""What is not learned: a perceptron has one member, which sees the input as it is."""
DECAYING = ("mix", "table", "matrix", "head")


class Descent:
    """Learns from ``start`` on, which has one member, with AdamW (Loshchilov & Hutter 2019); ``loss`` is one of :data:`SLOPES`."""

    def __init__(self, start: Weights, loss: str, dropout: float, decay: float, seed: int) -> None:
        arrays = start.to_arrays()
        self._held = {HELD: arrays.pop(HELD)}
        self._slope = SLOPES[loss]
        self._dropout, self._dice = dropout, np.random.default_rng(seed)
        # One array behind all of them: a step of Adam is a few operations, however many layers there are.
        self._all = np.concatenate([array.ravel() for array in arrays.values()]).astype(np.float32)
        self._slopes = np.zeros_like(self._all)
        self._means, self._squares = np.zeros_like(self._all), np.zeros_like(self._all)
        shapes = {name: array.shape for name, array in arrays.items()}
        self._weights, self._by_name = _views(self._all, shapes), _views(self._slopes, shapes)
        self._decay = np.zeros_like(self._all)
        for name, part in _views(self._decay, shapes).items():
            part[...] = decay if name.startswith(DECAYING) else 0.0
        self._depth = len(start.layers)
        self._steps = 0

    def step(self, rows: Rows, rate: float) -> None:
        self._find_slopes(rows)
        self._steps += 1
        slopes = self._slopes
        slopes *= min(1.0, STEEPEST / max(float(np.linalg.norm(slopes)), 1e-12))
        self._means += (1.0 - FIRST) * (slopes - self._means)
        self._squares += (1.0 - SECOND) * (slopes * slopes - self._squares)
        size = rate * np.sqrt(1.0 - SECOND**self._steps) / (1.0 - FIRST**self._steps)
        self._all -= self._all * (rate * self._decay)
        self._all -= np.float32(size) * self._means / (np.sqrt(self._squares) + LEAST)

    def weights(self) -> Weights:
        return Weights.from_arrays({**self._held, **{name: part.copy() for name, part in self._weights.items()}})

    def _find_slopes(self, rows: Rows) -> None:
        """Forward, then backward through the layers (Rumelhart, Hinton & Williams 1986)."""
        weights, slopes, n = self._weights, self._by_name, len(rows)
        table, plain = weights["table"], rows.plain.shape[1]
        angles, waves, mixed = self._mixed(rows)
        hidden = np.concatenate(
            [rows.plain, mixed, table[rows.codes].reshape(n, rows.codes.shape[1] * table.shape[1])], axis=1
        )
        seen, kept = [hidden], list[Array]()
        for number in range(self._depth):
            hidden = hidden @ weights[f"matrix{number}"] + weights[f"bias{number}"]
            open_ = hidden > 0.0
            if self._dropout:
                open_ = open_ * np.float32(1.0 / (1.0 - self._dropout))
                open_ *= self._dice.random(hidden.shape, dtype=np.float32) >= self._dropout
            hidden = hidden * open_
            seen.append(hidden)
            kept.append(open_)
        below = self._slope(rows.truth, hidden @ weights["head"][0] + weights["bias"][0])
        below *= (1.0 / n) if rows.weights is None else (rows.weights / n)[:, None]
        slopes["head"][0], slopes["bias"][0] = hidden.T @ below, below.sum(axis=0)
        below = below @ weights["head"][0].T
        for number in reversed(range(self._depth)):
            below *= kept[number]
            slopes[f"matrix{number}"][...], slopes[f"bias{number}"][...] = seen[number].T @ below, below.sum(axis=0)
            if number or table.size or mixed.size:
                below = below @ weights[f"matrix{number}"].T
        if mixed.size:
            self._find_slopes_of_waves(rows, (angles, waves), below[:, plain : plain + mixed.shape[1]])
        if table.size:
            embedded = below[:, plain + mixed.shape[1] :].reshape(-1, table.shape[1])
            slopes["table"][...] = _gathered(embedded, rows.codes, len(table))

    def _mixed(self, rows: Rows) -> tuple[Array, Array, Array]:
        """The angles of the numbers' waves and their cosines (f × n × waves), and what is mixed of these (n × f·mixed)."""
        weights, n = self._weights, len(rows)
        if not weights["mix"].size:
            none = np.zeros((0, n, 0), np.float32)
            return none, none, none.reshape(n, 0)
        numbers = rows.plain[:, : len(weights["frequency"])].T[:, :, None]
        angles = numbers * weights["frequency"][:, None] + weights["phase"][:, None]
        waves = np.cos(angles)
        mixed = np.matmul(waves, weights["mix"]).transpose(1, 0, 2)
        return angles, waves, mixed.reshape(n, mixed.shape[1] * mixed.shape[2])

    def _find_slopes_of_waves(self, rows: Rows, seen: tuple[Array, Array], below: Array) -> None:
        (angles, waves), weights, slopes = seen, self._weights, self._by_name
        count, _, width = weights["mix"].shape
        below = below.reshape(len(rows), count, width).transpose(1, 0, 2)
        slopes["mix"][...] = np.matmul(waves.transpose(0, 2, 1), below)
        turned = -np.sin(angles) * np.matmul(below, weights["mix"].transpose(0, 2, 1))
        slopes["phase"][...] = turned.sum(axis=1)
        slopes["frequency"][...] = np.matmul(rows.plain[:, :count].T[:, None, :], turned)[:, 0]


def _views(whole: Array, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """Parts of an array, by name, in these shapes."""
    parts, begin = dict[str, Array](), 0
    for name, shape in shapes.items():
        size = int(np.prod(shape))
        parts[name] = whole[begin : begin + size].reshape(shape)
        begin += size
    return parts


def _gathered(slopes: Array, codes: Array, places: int) -> Array:
    """The sum of the slopes (n·c × e) of each place (places × e) that the codes (n × c) name."""
    where = codes.ravel()
    ones = csr_array((np.ones(len(where), np.float32), where, np.arange(len(where) + 1)), shape=(len(where), places))
    return ones.T @ slopes


def _many(truth: Array, raw: Array) -> Array:
    slopes = probabilities(raw)
    slopes[np.arange(len(raw)), truth.astype(np.int64)] -= 1.0
    return slopes


SLOPES: Mapping[str, Callable[[Array, Array], Array]] = {
    "squared": lambda truth, raw: 2.0 * (raw - truth[:, None]),
    "absolute": lambda truth, raw: np.sign(raw - truth[:, None]),
    "two": lambda truth, raw: expit(raw) - truth[:, None],
    "many": _many,
}
"""How the loss of each row grows with its raw answers (n × o)."""
