"""Engine: LightGBM's compiled walk through trees, for one row as fast as for many.

One row goes through the *single row fast* calls of its C interface (``c_api.h``), which read their settings once: some ten
microseconds, where the Python call takes three to ten times as long.
"""

import ctypes
import threading
import weakref
from enum import IntEnum
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from mainspring.errors import LearnError
from mainspring.steps.learn.tabular.scores import Floats

LIBRARY: Any = vars(lightgbm.basic)["_LIB"]
"""The loaded C library, by the name under which the package itself keeps it."""
FLOAT64 = 1
FEW = 256
"""Rows below which waking further threads costs more than they save."""


class Asked(IntEnum):
    """What is asked of the trees, as ``c_api.h`` numbers it."""

    RAW = 1
    LEAF = 2
    CONTRIBUTIONS = 3


class Engine:
    """Trees in LightGBM's text format. ``outputs`` is the number of sums (one, or one a class)."""

    def __init__(self, text: str, features: int) -> None:
        self._booster = lightgbm.Booster(model_str=text)
        self.features = features
        self.trees = self._booster.num_trees()
        self.outputs = self._booster.num_model_per_iteration()
        sizes = {
            Asked.RAW: self.outputs,
            Asked.LEAF: self.trees,
            Asked.CONTRIBUTIONS: self.outputs * (features + 1),
        }
        self._rows = {asked: _Row(self._booster, asked, features, size) for asked, size in sizes.items()}

    def raw(self, matrix: Floats) -> Floats:
        """Sums of the trees' leaf values (n × outputs) of a matrix (n × features)."""
        if len(matrix) == 1:
            return self._rows[Asked.RAW](matrix)
        return self._many(matrix, raw_score=True).reshape(len(matrix), self.outputs)

    def leaves(self, matrix: Floats) -> npt.NDArray[np.int64]:
        """The number of the leaf in each tree (n × trees)."""
        if len(matrix) == 1:
            return self._rows[Asked.LEAF](matrix).astype(np.int64)
        return self._many(matrix, pred_leaf=True).astype(np.int64).reshape(len(matrix), self.trees)

    def contributions(self, matrix: Floats) -> Floats:
        """TreeSHAP values (n × features × outputs; Lundberg et al. 2020) without the expected value."""
        shape = (len(matrix), self.outputs, self.features + 1)
        single = len(matrix) == 1
        told = self._rows[Asked.CONTRIBUTIONS](matrix) if single else self._many(matrix, pred_contrib=True)
        return told.reshape(shape)[:, :, :-1].transpose(0, 2, 1)

    def _many(self, matrix: Floats, **asked: bool) -> np.ndarray:
        if not len(matrix):
            return np.zeros(0)
        return np.asarray(self._booster.predict(matrix, num_threads=1 if len(matrix) < FEW else 0, **asked))


class _Row:
    """One kind of question for one row. The library keeps its working memory in the settings, and in and out are ours: one
    caller at a time, and no pointer is made anew."""

    def __init__(self, booster: Any, asked: Asked, features: int, size: int) -> None:
        settings = ctypes.c_void_p()
        failed = LIBRARY.LGBM_BoosterPredictForMatSingleRowFastInit(
            booster._handle, ctypes.c_int(asked), ctypes.c_int(0), ctypes.c_int(-1), ctypes.c_int(FLOAT64),
            ctypes.c_int32(features), b"num_threads=1", ctypes.byref(settings),
        )  # fmt: skip
        _refuse(failed)
        weakref.finalize(self, LIBRARY.LGBM_FastConfigFree, settings)
        self._turn = threading.Lock()
        self._in, self._out = np.empty((1, features)), np.empty((1, size))
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (self._in, self._out)]
        self._asked = (settings, pointers[0], ctypes.byref(ctypes.c_int64()), pointers[1])

    def __call__(self, matrix: Floats) -> Floats:
        with self._turn:
            self._in[:] = matrix
            failed = LIBRARY.LGBM_BoosterPredictForMatSingleRowFast(*self._asked)
            out = self._out.copy()
        _refuse(failed)
        return out


def _refuse(failed: int) -> None:
    if failed:
        raise LearnError("the trees cannot be walked: LightGBM's engine refuses them", remedy="learn the model again")
