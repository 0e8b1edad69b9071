"""Stretches: of every row in the order of its key and time, which earlier rows a window counts, as places from ``begins`` to ``ends``."""

from dataclasses import dataclass

import numpy as np

from mainspring.steps.prepare.windows.windowing import Opened


@dataclass(frozen=True, slots=True)
class Ordered:
    """Rows in order: the number of their key and their time (µs), with the place where the earlier rows of each end."""

    keys: np.ndarray
    times: np.ndarray
    ends: np.ndarray

    @classmethod
    def of(cls, keys: np.ndarray, times: np.ndarray) -> "Ordered":
        places = np.arange(len(keys))
        new = np.ones(len(keys), bool)
        new[1:] = (keys[1:] != keys[:-1]) | (times[1:] != times[:-1])
        return cls(keys, times, np.maximum.accumulate(np.where(new, places, 0)))

    def begins(self, window: Opened) -> np.ndarray:
        """The place of the first row that counts for each; that of its end where none does."""
        if window.kind == "tumbling":
            return self._from(self.times // window.over * window.over)
        first = self._from(self.times - window.over)
        if window.kind == "sliding":
            return first
        places = np.arange(len(self.times))
        pause = np.ones(len(self.times), bool)
        pause[1:] = (self.keys[1:] != self.keys[:-1]) | (self.times[1:] - self.times[:-1] > window.gap)
        session = np.maximum.accumulate(np.where(pause, places, 0))
        before = np.maximum(self.ends - 1, 0)
        goes_on = (self.ends > first) & (self.times - self.times[before] <= window.gap)
        return np.where(goes_on, np.maximum(session[before], first), self.ends)

    def _from(self, bounds: np.ndarray) -> np.ndarray:
        """The place of the first row of the same key at or after a bound that lies before the row's own time."""
        moments = np.unique(self.times)
        ranks, bounded = np.searchsorted(moments, self.times), np.searchsorted(moments, bounds)
        width = len(moments) + 1
        found = np.searchsorted(self.keys * width + ranks, self.keys * width + bounded)
        return np.minimum(found, self.ends)
