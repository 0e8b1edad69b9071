"""Labels: an encoder trained on to tell which labels a text has, several at once."""

import atexit
import shutil
from collections.abc import Sequence
from pathlib import Path

from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.text.tuned.fit import READ
from mainspring.steps.learn.text.tuned.tuning import Bools, Tuning
from mainspring.steps.learn.text.tuning.course import Pace

Labelled = tuple[Sequence[str], Bools]
"""Texts (n), and which labels each has (n × labels)."""


def tuned_on_labels(name: str, train: Labelled, held: Labelled | None, seed: int, budget: Budget) -> tuple[Path, str]:
    """A new folder with the encoder of a ``name``, trained on to tell which labels hold (binary cross-entropy of each), stopped by those
    that are ``held`` back; and what came of it, in words. Blank texts teach nothing. It is there until the process ends."""
    tuning = Tuning(name, "full", READ, Pace(rate=1e-4, tokens=2048, texts=32, seed=seed), train[1].shape[1])
    tuning.learn_labels(train, held, budget)
    folder = tuning.left(pairs=False, merged=False)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder, tuning.told[0]
