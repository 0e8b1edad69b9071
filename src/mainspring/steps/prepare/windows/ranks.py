"""Ranks: the k-th least value of many stretches of a column, and how many are below a bound, each in as many steps as a rank has bits.

A wavelet matrix (Claude, Navarro and Ordóñez 2015) over the ranks of the values.
"""

import numpy as np


class Ranks:
    """Over whole numbers from 0 to ``size - 1``."""

    def __init__(self, numbers: np.ndarray, size: int) -> None:
        self._levels: list[tuple[int, np.ndarray]] = []
        here = numbers.astype(np.int64)
        for bit in reversed(range(max(int(size - 1).bit_length(), 1))):
            ones = (here >> bit) & 1
            self._levels.append((bit, np.concatenate([[0], np.cumsum(1 - ones)])))
            here = np.concatenate([here[ones == 0], here[ones == 1]])

    def least(self, begins: np.ndarray, ends: np.ndarray, k: np.ndarray) -> np.ndarray:
        """The ``k``-th least number (from 0) of every stretch; of one that has not so many, anything."""
        begins, ends, k = begins.copy(), ends.copy(), k.copy()
        found = np.zeros(len(k), np.int64)
        for bit, zeros in self._levels:
            low, high = zeros[begins], zeros[ends]
            right = k >= high - low
            k = np.where(right, k - (high - low), k)
            begins = np.where(right, zeros[-1] + begins - low, low)
            ends = np.where(right, zeros[-1] + ends - high, high)
            found |= right.astype(np.int64) << bit
        return found

    def below(self, begins: np.ndarray, ends: np.ndarray, bounds: np.ndarray) -> np.ndarray:
        """How many numbers of every stretch are less than its bound."""
        begins, ends = begins.copy(), ends.copy()
        counts = np.zeros(len(bounds), np.int64)
        beyond = bounds >> (self._levels[0][0] + 1) > 0
        whole = ends - begins
        for bit, zeros in self._levels:
            low, high = zeros[begins], zeros[ends]
            right = (bounds >> bit) & 1 == 1
            counts += np.where(right, high - low, 0)
            begins = np.where(right, zeros[-1] + begins - low, low)
            ends = np.where(right, zeros[-1] + ends - high, high)
        return np.where(beyond, whole, counts)
