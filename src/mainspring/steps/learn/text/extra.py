"""Extra: what the text family needs beside the light installation, and what to type where it is missing."""

import importlib
from importlib.util import find_spec
from typing import Any

from mainspring.errors import MissingExtra

ASKING = ("onnxruntime", "tokenizers")
"""What answering needs."""
KEEPING = ("onnx", "safetensors")
"""What writing an encoder down needs besides."""
TUNING = ("torch", "transformers")
"""What fine-tuning needs besides."""


def refuse_missing(purpose: str, *libraries: str) -> None:
    """Raises MissingExtra: one of the libraries is not installed; it has the line to type."""
    for library in libraries:
        if find_spec(library) is None:
            raise MissingExtra(library, "text", purpose)


def needed(module: str, purpose: str, *libraries: str) -> Any:
    """A module of ours that needs libraries which may be missing; loaded on use.

    Raises:
        MissingExtra: one of them is not installed; it has the line to type.
    """
    refuse_missing(purpose, *libraries)
    return importlib.import_module(module)
