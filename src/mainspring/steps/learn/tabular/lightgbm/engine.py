"""Engine: LightGBM's compiled walk through trees, for one row as fast as for many.

It is asked by its C interface (``c_api.h``): one row by the *single row fast* calls, which read their settings once, in some ten
microseconds, where the Python call takes three to ten times as long; a table without what the Python call does besides, for each part of
the trees again.
"""

import ctypes
import threading
import weakref
from collections.abc import Sequence
from enum import IntEnum
from functools import cached_property
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from mainspring.errors import LearnError
from mainspring.steps.learn.tabular.lightgbm.pieces import WORTH, in_pieces, threads
from mainspring.steps.learn.tabular.lightgbm.quickscorer import QuickScorer
from mainspring.steps.learn.tabular.lightgbm.text import blocks_of, packed, text_of
from mainspring.steps.learn.tabular.scores import Floats, Raw, Sums

LIBRARY: Any = vars(lightgbm.basic)["_LIB"]
"""The loaded C library, by the name under which the package itself keeps it."""
FLOAT64 = 1
NEAR = 64
"""Trees that many rows walk through before the next ones: so few stay near the processor, which halves the time."""
PAYS = 1_000
"""Rows that are walked before it is worth it to do without: making what that takes costs as much as so many walks."""
FASTER = 4
"""So many times as fast it is at least."""
ALL, FIRST = -1, 0
ROW_BY_ROW = 1
ALONE = b"num_threads=1"


class Asked(IntEnum):
    """What is asked of the trees, as ``c_api.h`` numbers it."""

    RAW = 1
    LEAF = 2
    CONTRIBUTIONS = 3


class Engine:
    """Trees in LightGBM's text format. ``outputs`` is the number of sums (one, or one a class)."""

    def __init__(self, text: str, features: int) -> None:
        self._booster = lightgbm.Booster(model_str=text)
        self._text, self._asked = text, 0
        self._quick: QuickScorer | None = None
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
        if not len(matrix):
            return np.zeros((0, self.outputs))
        quick = self._scorer(len(matrix))
        if quick is not None and (quick.alone or len(matrix) > 1):
            return in_pieces(quick.raw, matrix, self.trees // FASTER)
        if len(matrix) == 1:
            return self._rows[Asked.RAW](matrix)
        boosters = [self._booster] if len(matrix) < PAYS or self.trees <= NEAR else self._parts
        return in_pieces(lambda rows: _sum(boosters, rows, self.outputs), matrix, self.trees)

    def _scorer(self, rows: int) -> QuickScorer | None:
        """What answers without walking, once so many rows have asked that it is worth making; its sums are the same to the last bit."""
        if self._text:
            self._asked += rows
            if self._asked < PAYS:
                return None
            self._quick, self._text = QuickScorer.of(self._text, self.outputs), ""
        return self._quick

    @cached_property
    def _parts(self) -> list[Any]:
        """The trees in boosters of few, made when a table first asks for them.

        One booster could be asked for a part of its trees, but keeps in mind which, for every other caller too.
        """
        blocks, steps = blocks_of(self._booster.model_to_string()), max(1, NEAR // self.outputs) * self.outputs
        texts = (text_of(blocks[at : at + steps], self.features, self.outputs) for at in range(0, len(blocks), steps))
        return [lightgbm.Booster(model_str=text) for text in texts]

    def leaves(self, matrix: Floats) -> npt.NDArray[np.int64]:
        """The number of the leaf in each tree (n × trees)."""
        if len(matrix) == 1:
            return self._rows[Asked.LEAF](matrix).astype(np.int64)
        if not len(matrix):
            return np.zeros((0, self.trees), dtype=np.int64)
        told = in_pieces(lambda rows: _told(self._booster, rows, pred_leaf=True), matrix, self.trees)
        return told.astype(np.int64).reshape(len(matrix), self.trees)

    def contributions(self, matrix: Floats) -> Floats:
        """TreeSHAP values (n × features × outputs; Lundberg et al. 2020) without the expected value."""
        shape = (len(matrix), self.outputs, self.features + 1)
        if not len(matrix):
            told = np.zeros(0)
        elif len(matrix) == 1:
            told = self._rows[Asked.CONTRIBUTIONS](matrix)
        else:
            # Asked for these, the library writes into its trees, so ours may not ask side by side: its own threads have to do.
            few = len(matrix) * self.trees < WORTH
            told = _told(self._booster, matrix, 1 if few else threads(), pred_contrib=True)
        return told.reshape(shape)[:, :, :-1].transpose(0, 2, 1)


def _sum(boosters: Sequence[Any], matrix: Floats, outputs: int) -> Floats:
    matrix = np.ascontiguousarray(matrix, dtype=np.float64)
    (rows, features), length = matrix.shape, ctypes.c_int64()
    total, sums = np.zeros((rows, outputs)), np.empty((rows, outputs))
    given, into = ctypes.c_void_p(matrix.ctypes.data), ctypes.c_void_p(sums.ctypes.data)
    for booster in boosters:
        failed = LIBRARY.LGBM_BoosterPredictForMat(
            booster._handle, given, ctypes.c_int(FLOAT64), ctypes.c_int32(rows), ctypes.c_int32(features), ctypes.c_int(ROW_BY_ROW),
            ctypes.c_int(Asked.RAW), ctypes.c_int(FIRST), ctypes.c_int(ALL), ALONE, ctypes.byref(length), into,
        )  # fmt: skip
        _refuse(failed)
        total += sums
    return total


def _told(booster: Any, matrix: Floats, by: int = 1, **asked: bool) -> np.ndarray:
    return np.asarray(booster.predict(matrix, num_threads=by, **asked))


def together(sums: Sequence[Sums], features: int) -> Raw:
    """One walk for the trees of several models, in the engine's text: their outputs side by side."""
    if len(sums) == 1:
        return Engine(sums[0].trees, features).raw
    return Engine(packed([each.trees for each in sums], [each.outputs for each in sums], features), features).raw


class _Row:
    """One kind of question for one row. The library keeps its working memory in the settings, and in and out are ours: one
    caller at a time, and no pointer is made anew."""

    def __init__(self, booster: Any, asked: Asked, features: int, size: int) -> None:
        settings = ctypes.c_void_p()
        failed = LIBRARY.LGBM_BoosterPredictForMatSingleRowFastInit(
            booster._handle, ctypes.c_int(asked), ctypes.c_int(FIRST), ctypes.c_int(ALL), ctypes.c_int(FLOAT64),
            ctypes.c_int32(features), ALONE, ctypes.byref(settings),
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
