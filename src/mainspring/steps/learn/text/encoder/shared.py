"""Shared: encoders that many adapters stand on. Each is known by its fingerprint, drawn once a user and opened once a process."""

import hashlib
import shutil
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from mainspring.errors import LearnError, Tampered
from mainspring.steps.learn.text.encoder.asked import opened
from mainspring.steps.learn.text.encoder.drawing import Drawing
from mainspring.steps.learn.text.encoder.drawn import GRAPH, Facts, draw, tells_segments
from mainspring.steps.learn.text.encoder.places import INSTALLED, MADE, cache, folder_of, made_at
from mainspring.steps.learn.text.encoder.tokens import Tokens
from mainspring.steps.learn.text.encoder.weights import CONFIG, TOKENIZER, WEIGHTS, Arrays, Shape, read_arrays
from mainspring.steps.learn.text.kinds import ADAPTER, KEPT


class Shared:
    """A drawn encoder with its session, of which each call brings the low ranks. Thread-safe: nothing of a call stays."""

    def __init__(self, folder: Path, threads: int) -> None:
        self.facts = Facts.read(folder)
        self.tokens = Tokens.open(folder / TOKENIZER, self.facts.longest)
        self.session: Any = opened(folder / GRAPH, threads)


_LOCK = threading.Lock()
_OPEN: WeakValueDictionary[tuple[Path, int], Shared] = WeakValueDictionary()
"""Whoever asks holds it: the last adapter that goes takes it along."""


def shared(name: str, fingerprint: str, beside: Path, threads: int) -> Shared:
    """The encoder of a fingerprint: one that was drawn here before, a copy that was kept in a folder above ``beside``, or that of the name.

    Raises:
        MissingExtra, LearnError: it is not here. Tampered: what is here under its name is another.
    """
    place = cache() / "shared" / f"{MADE}-{fingerprint}"
    with _LOCK:
        known = _OPEN.get((place, threads))
        if known is None:
            made_at(place, lambda folder: _drawn(name, _source(name, fingerprint, beside), folder))
            known = _OPEN[place, threads] = Shared(place, threads)
        return known


def fingerprint_of(source: Path) -> str:
    """Of what a folder's encoder answers with: its shape, its weights in 32 bits and its tokenizer, however they are packed."""
    parts = [source / name for name in (CONFIG, WEIGHTS, TOKENIZER)]
    return _fingerprint(source, tuple((part.stat().st_size, part.stat().st_mtime_ns) for part in parts))


@lru_cache(maxsize=16)
def _fingerprint(source: Path, _seen: tuple[tuple[int, int], ...]) -> str:
    told = hashlib.sha256(repr(Shape.of(source)).encode())
    arrays: Arrays = read_arrays(source)
    for name in sorted(arrays):
        if name.endswith((".weight", ".bias")):
            told.update(f"{name}{arrays[name].shape}".encode())
            told.update(np.ascontiguousarray(arrays[name]).data)
    told.update((source / TOKENIZER).read_bytes())
    return told.hexdigest()[:32]


def keep(model: Path, place: Path) -> None:
    """Copy what the adapters of a saved model stand on to ``place``, once each: who opens the model finds it in a folder above it.

    What a package brings along is not copied: it is installed with the release.

    Raises:
        LearnError: it is not here. Tampered: it is another.
    """
    for path in model.rglob(ADAPTER):
        facts = Facts.read(path.parent)
        if facts.name not in INSTALLED:
            made_at(place / KEPT / facts.on, lambda folder, facts=facts, path=path: _copied(facts, path.parent, folder))


def _copied(facts: Facts, beside: Path, folder: Path) -> None:
    source = _source(facts.name, facts.on, beside)
    for name in (CONFIG, WEIGHTS, TOKENIZER):
        shutil.copyfile(source / name, folder / name)


def _drawn(name: str, source: Path, folder: Path) -> None:
    arrays = read_arrays(source)
    draw(name, source, folder, arrays, drawing=Drawing(pairs=tells_segments(arrays), adapted=True))


def _source(name: str, fingerprint: str, beside: Path) -> Path:
    """The folder with the weights."""
    kept = next((at for above in beside.absolute().parents if (at := above / KEPT / fingerprint).is_dir()), None)
    try:
        source = folder_of(name) if kept is None else kept
    except LearnError as error:
        raise LearnError(
            f"the encoder {name!r} that an adapter stands on is not here", where=str(beside),
            remedy=f"put it where it was when the version was learned, or its copy ({KEPT}/{fingerprint}) beside the versions, as a backup "
                   "has it; or learn again",
        ) from error  # fmt: skip
    found = fingerprint_of(source)
    if found != fingerprint:
        raise Tampered(
            f"the encoder {name!r} is not the one that the adapter was learned on: its fingerprint is {found[:12]}, not {fingerprint[:12]}",
            where=str(source), remedy="put the one it was there, or learn again",
        )  # fmt: skip
    return source
