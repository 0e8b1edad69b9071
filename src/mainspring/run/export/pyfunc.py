"""Pyfunc: how MLflow opens an exported model. Its folder names this module; it needs neither MLflow nor a workspace."""

from pathlib import Path
from typing import Any

from mainspring.model import Model, open_model
from mainspring.run.kinds import KINDS
from mainspring.table import to_arrow

Frame = Any
"""A pandas data frame; whoever sends one has loaded pandas."""


class PandasModel:
    """A model over data frames of raw columns; absent columns count as missing."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def predict(self, frame: Frame, params: dict[str, Any] | None = None) -> Frame:  # noqa: ARG002
        return self._model.predict(to_arrow(frame)).to_pandas()


def _load_pyfunc(path: str) -> PandasModel:  # pyright: ignore[reportUnusedFunction] — MLflow calls it by this name
    return PandasModel(open_model(Path(path), KINDS))
