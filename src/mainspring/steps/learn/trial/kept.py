"""Kept: what a fold came to, in a file, so that a search that was interrupted does not learn it again."""

import hashlib
import json
from pathlib import Path

import numpy as np

from mainspring.steps.learn.learner import Learner, Work
from mainspring.steps.learn.trial.fold import FoldResult


def keep(folder: Path, learner: Learner, fold: int, result: FoldResult) -> None:
    """Write the result of a fold of this learner; under its name only once it is whole."""
    place = _place(folder, learner, fold)
    facts = {
        "tuned": dict(result.tuned),
        "seconds": result.seconds,
        "latency_ms": dict(result.latency_ms),
        "hurried": result.hurried,
        "memory": result.memory,
        "work": result.work.to_dict(),
        "again": result.again,
    }
    draft = place.with_suffix(".draft")
    with draft.open("wb") as file:
        np.savez(file, scores=result.scores, facts=np.array(json.dumps(facts)))
    draft.replace(place)


def kept(folder: Path, learner: Learner) -> dict[int, FoldResult]:
    """Fold → result of what was kept of this learner."""
    paths = folder.glob(f"{_digest(learner)}-*.npz")
    return {int(path.stem.rpartition("-")[2]): _read(path) for path in paths}


def all_kept(folder: Path) -> list[FoldResult]:
    """Of all learners."""
    return [_read(path) for path in folder.glob("*.npz")]


def _read(path: Path) -> FoldResult:
    with np.load(path, allow_pickle=False) as arrays:
        facts = json.loads(str(arrays["facts"]))
        return FoldResult(arrays["scores"], **{**facts, "work": Work.from_dict(facts["work"])})


def _place(folder: Path, learner: Learner, fold: int) -> Path:
    return folder / f"{_digest(learner)}-{fold}.npz"


def _digest(learner: Learner) -> str:
    """Of the name and all settings: another release with other settings of a name learns anew."""
    return hashlib.sha256(repr(learner).encode()).hexdigest()[:24]
