"""Weights: an encoder of the BERT kind as arrays, read from a folder as Hugging Face writes it. No pickle is opened."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

from mainspring.errors import LearnError

CONFIG, WEIGHTS, TOKENIZER = "config.json", "model.safetensors", "tokenizer.json"
KINDS: Mapping[str, int] = {"bert": 0, "roberta": 2, "xlm-roberta": 2, "camembert": 2}
"""The ``model_type`` of encoders that are served, and at which position their first token stands."""
GELU = ("gelu", "gelu_python")

Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Shape:
    """How an encoder is built. ``longest`` is how many tokens it reads at most, ``first`` the position of the first one."""

    width: int
    layers: int
    heads: int
    epsilon: float
    longest: int
    first: int
    vocabulary: int

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Raises LearnError: there is no readable ``config.json``, or it describes an encoder of another kind."""
        plain = read_json(folder / CONFIG)
        kind = str(plain.get("model_type"))
        if kind not in KINDS:
            raise LearnError(
                f"an encoder of the kind {kind!r} is not read", where=str(folder),
                remedy=f"choose one whose model_type is one of {', '.join(KINDS)}",
            )  # fmt: skip
        if (
            plain.get("hidden_act", "gelu") not in GELU
            or plain.get("position_embedding_type", "absolute") != "absolute"
        ):
            raise LearnError("the encoder's activation or positions are not those of BERT", where=str(folder),
                             remedy="choose one with gelu and absolute positions")  # fmt: skip
        first = KINDS[kind]
        try:
            return cls(
                int(plain["hidden_size"]), int(plain["num_hidden_layers"]), int(plain["num_attention_heads"]),
                float(plain.get("layer_norm_eps", 1e-12)), int(plain["max_position_embeddings"]) - first, first,
                int(plain["vocab_size"]),
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise broken(folder / CONFIG) from error


def read_json(path: Path) -> dict[str, Any]:
    """Raises LearnError: the file is not there, or it is no JSON object."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise broken(path) from error
    if not isinstance(plain, dict):
        raise broken(path)
    return plain


def broken(path: Path) -> LearnError:
    return LearnError(
        f"the encoder has no readable {path.name}", where=str(path.parent),
        remedy="copy the whole folder again: config.json, model.safetensors and tokenizer.json are needed",
    )  # fmt: skip


def read_arrays(folder: Path) -> Arrays:
    """The weights by BERT's own names (``encoder.layer.0.…``), as float32.

    Raises:
        LearnError: there are none as safetensors, or they cannot be read.
    """
    try:
        arrays = load_file(folder / WEIGHTS)
    except Exception as error:  # the library's own error has no public type that older releases share
        raise broken(folder / WEIGHTS) from error
    return plainly_named(arrays)


def plainly_named(arrays: Arrays) -> Arrays:
    """Without the prefix of a whole model (``bert.``), and with the present names of what layers are normalised by."""
    named: dict[str, npt.NDArray[Any]] = {}
    for name, array in arrays.items():
        for mark in ("embeddings.", "encoder.layer."):
            if (at := name.find(mark)) >= 0:
                plain = (
                    name[at:].replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")
                )
                named[plain] = np.asarray(array, np.float32)
                break
    return named
