"""Framework: on which one Keras stands, PyTorch or TensorFlow."""

import importlib
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, get_args

from mainspring.automation.learn import Framework
from mainspring.errors import MissingExtra

FRAMEWORKS: tuple[Framework, ...] = get_args(Framework)
"""By the names of their libraries, which are those of the extras too; the first that is installed is taken where none is declared."""
TRAINING = "mainspring.steps.learn.tabular.network.training"
BACKEND = "KERAS_BACKEND"
SILENT: Mapping[str, str] = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}
"""TensorFlow writes to the screen as it is loaded, and its fast sums vary from run to run."""
_LOADING = threading.RLock()


def framework_for(declared: str | None) -> str | None:
    """The declared framework, or else the first that is installed; None where there is none.

    Raises:
        MissingExtra: the declared one is not installed.
    """
    installed = [name for name in FRAMEWORKS if find_spec(name) and find_spec("keras")]
    if declared is None:
        return next(iter(installed), None)
    if declared not in installed:
        library = "keras" if find_spec(declared) else declared
        raise MissingExtra(library, declared, f"learn.framework: {declared}")
    return declared


def trainer_on(framework: str) -> Any:
    """The class :class:`training.Trainer` over Keras on this framework.

    Keras settles on one when it is first imported, so for another in the same process it is imported anew: what was made
    with the former goes on as it is.
    """
    with _LOADING, _set({BACKEND: framework}):
        for name, value in SILENT.items():
            os.environ.setdefault(name, value)
        if "keras" in sys.modules and sys.modules["keras"].backend.backend() != framework:
            _forget()
        return importlib.import_module(TRAINING).Trainer


def _forget() -> None:
    for name in [name for name in sys.modules if name in ("keras", TRAINING) or name.startswith("keras.")]:
        del sys.modules[name]


@contextmanager
def _set(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
