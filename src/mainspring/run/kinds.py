"""Kinds: every kind of saved part, from the rooms that keep them."""

from mainspring.model import Kinds
from mainspring.steps.learn.kinds import MODELS
from mainspring.steps.prepare.kinds import TRANSFORMS

KINDS: Kinds = {**MODELS, **TRANSFORMS}
