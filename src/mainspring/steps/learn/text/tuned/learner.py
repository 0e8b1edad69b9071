"""The learner of tuned encoders. Light until it learns."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from mainspring.measure.profile import Profile
from mainspring.model import Model, Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.text.extra import ASKING, KEEPING, TUNING, refuse_missing
from mainspring.steps.learn.text.kinds import lacks_encoders
from mainspring.steps.learn.text.lesson import why_unread

FIT = "mainspring.steps.learn.text.tuned.fit"
CPU = Path("/proc/cpuinfo")
MOST_CLASSES = 1000
READ = 96
"""Tokens of a text that are learned from; of two that are read together twice as many."""
TOKEN, CHARACTERS = 1.3e-3, 3.0
"""Seconds that learning from a token takes the usual small encoder on one core of the reference machine, there and back; and the
characters of a token: four in English, one in Chinese."""
TILES, AT_ONCE = "amx_bf16", 3.0
"""How Linux calls it that a processor multiplies tiles of 16 bits, and how much faster it learns then."""
PASSES, SHARE = 2.0, 0.2
"""So often at least the texts are to be learned from on the first fold, which has this share of the time of a search."""
SOONEST = 600.0
"""Seconds below which even few texts are not tuned on unasked: of few as many steps are made as of some."""


def seconds_wanted(profile: Profile, target: str) -> float:
    """The least limit of time with which tuning an encoder may pay, for texts like these."""
    lengths = [c.length or 0.0 for c in profile.columns if c.kind == "text" and c.name != target]
    tokens = profile.rows * sum(min(READ, length / CHARACTERS) for length in lengths)
    token = TOKEN / AT_ONCE if multiplies_tiles() else TOKEN
    return max(SOONEST, PASSES * token * tokens / SHARE)


@cache
def multiplies_tiles() -> bool:
    """Of this machine; asked without loading what would tell it too, and takes seconds."""
    try:
        return TILES in CPU.read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return False


@dataclass(frozen=True)
class EncoderTuned:
    """For classes. ``settings`` may name the ``encoder``, or want the other one ``beside`` that which knows the letters, the ``method``
    (``full``, ``frozen``, ``lora``, ``adalora``, ``bottleneck``), the ``longest`` text in tokens, whether low ranks are to be ``merged``
    into an encoder of the model's own (else they are kept apart from the one they stand on, which all share), whether the encoder is to
    ``adapt``, a ``teacher`` (another encoder), a file of texts that are ``unlabelled`` (a JSON list), which both read, as far as that is
    better, and what :class:`~mainspring.steps.learn.text.tuning.course.Pace` has."""

    name: str = "encoder_tuned"
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tuned: Mapping[str, float] = field(default_factory=dict[str, float])

    def fits(self, goal: Goal, profile: Profile) -> str | None:
        if goal.question != Question.CLASS:
            return "it answers classes only"
        if len(goal.classes) > MOST_CLASSES:
            return f"more than {MOST_CLASSES} classes"
        return why_unread(profile, goal) or lacks_encoders()

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> Model:
        """Raises MissingExtra: what fine-tuning needs is not installed. LearnError: there is no such encoder or method."""
        refuse_missing(f"the candidate {self.name}", *ASKING, *KEEPING, *TUNING, "peft")
        return importlib.import_module(FIT).fit(self, train, valid, goal, budget)
