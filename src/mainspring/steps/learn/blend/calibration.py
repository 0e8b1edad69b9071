"""Calibration: how scores become probabilities that mean what they say. Light: plain numbers, applied in numpy."""

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
EDGE = 1e-6

Method = Literal["none", "platt", "isotonic", "temperature"]


@dataclass(frozen=True, slots=True)
class Calibration:
    """``platt``: (slope, shift) of the log-odds of the second of two classes (Platt 1999); ``isotonic``: the corners ``x`` and ``y`` of a
    rising line (Zadrozny & Elkan 2002); ``temperature``: a divisor of the log-probabilities (Guo et al. 2017)."""

    method: Method = "none"
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()

    def apply(self, probabilities: Floats) -> Floats:
        """Calibrated probabilities (n × classes) of probabilities (n × classes)."""
        if self.method == "none":
            return probabilities
        if self.method == "temperature":
            powers = np.exp(np.log(np.clip(probabilities, EDGE, 1.0)) / self.x[0])
            return powers / powers.sum(axis=1, keepdims=True)
        second = probabilities[:, 1]
        if self.method == "platt":
            second = 1.0 / (1.0 + np.exp(-(self.x[0] * log_odds(second) + self.x[1])))
        else:
            second = np.interp(second, self.x, self.y)
        return np.column_stack([1.0 - second, second])

    def one(self, probabilities: list[float]) -> list[float]:
        """The same of one row, in plain numbers."""
        if self.method == "none":
            return probabilities
        if self.method == "temperature":
            powers = [min(max(p, EDGE), 1.0) ** (1.0 / self.x[0]) for p in probabilities]
            total = sum(powers)
            return [power / total for power in powers]
        chance = self._second(probabilities[1])
        return [1.0 - chance, chance]

    def _second(self, chance: float) -> float:
        if self.method == "platt":
            inner = min(max(chance, EDGE), 1.0 - EDGE)
            return 1.0 / (1.0 + math.exp(-(self.x[0] * math.log(inner / (1.0 - inner)) + self.x[1])))
        after = bisect_right(self.x, chance)
        if after in (0, len(self.x)):
            return self.y[0 if after == 0 else -1]
        slope = (self.y[after] - self.y[after - 1]) / (self.x[after] - self.x[after - 1])
        return slope * (chance - self.x[after - 1]) + self.y[after - 1]

    def to_dict(self) -> dict[str, Any]:
        return {"method": self.method, "x": list(self.x), "y": list(self.y)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        return cls(plain["method"], tuple(plain["x"]), tuple(plain["y"]))


def log_odds(probability: Floats) -> Floats:
    inner = np.clip(probability, EDGE, 1.0 - EDGE)
    return np.log(inner / (1.0 - inner))
