"""Adapter: the low ranks that were learned beside an encoder's weights (Hu et al. 2022), kept without them: some hundred kilobytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

from mainspring.errors import Tampered
from mainspring.steps.learn.text.encoder.drawing import BESIDE, DOWN, UP
from mainspring.steps.learn.text.kinds import ADAPTER

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Adapter:
    """``factors`` by the names of the drawn encoder's inputs: of each projection ``down`` (layers × width × ranks) and ``up`` (layers ×
    ranks × width), whose product is added to its weights (width × width, from the left)."""

    factors: Mapping[str, Floats]

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return sum(array.size for array in self.factors.values())

    def save(self, folder: Path) -> None:
        save_file({name: np.ascontiguousarray(array) for name, array in self.factors.items()}, folder / ADAPTER)

    @classmethod
    def open(cls, folder: Path, width: int) -> Self:
        """Raises Tampered: there is none that can be read, or it is none for encoders of this width."""
        try:
            factors = load_file(folder / ADAPTER)
        except Exception as error:  # the library's own error has no public type that older releases share
            raise _unusable("cannot be read", folder) from error
        if set(factors) != {f"{part}.{way}" for part in BESIDE for way in (DOWN, UP)}:
            raise _unusable("does not have the factors that it should", folder)
        for part in BESIDE:
            down, up = factors[f"{part}.{DOWN}"], factors[f"{part}.{UP}"]
            if down.ndim != 3 or up.shape != (len(down), down.shape[2], width) or down.shape[1] != width:
                raise _unusable(f"has factors of the shapes {down.shape} and {up.shape}", folder)
            if not all(array.dtype == np.float32 and np.isfinite(array).all() for array in (down, up)):
                raise _unusable("has numbers that are none", folder)
        return cls(factors)


def _unusable(how: str, folder: Path) -> Tampered:
    return Tampered(f"the adapter {how}", where=str(folder / ADAPTER), remedy="learn again, or roll back")
