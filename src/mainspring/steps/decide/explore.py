"""Explore: a share of decisions is made at random, so that it can be told what other choices would have earned.

Every action has a known probability of being chosen, its propensity: the share spread evenly, and the rest on what would be chosen anyway.
"""

import hashlib
from collections.abc import Sequence

from mainspring.decision import Reason

CODE = "explored"


def drawn(id: str, share: float, seed: int, actions: Sequence[str]) -> str | None:
    """The action that chance gives the decision ``id``, or None where it gives none: the same whenever it is asked."""
    digest = hashlib.sha256(f"{seed}:{id}".encode()).digest()
    chance = int.from_bytes(digest[:8]) / 2**64
    return actions[int(chance / share * len(actions))] if chance < share else None


def propensity(action: str, usual: str, share: float, drawn: Sequence[str]) -> float:
    """How probable ``action`` is where ``usual`` would be chosen anyway, and each of ``drawn`` may come of chance."""
    return share * drawn.count(action) / len(drawn) + (1.0 - share if action == usual else 0.0)


def reason(share: float) -> Reason:
    return Reason(
        "explore", f"drawn at random, as {share:.3g} of 1 decisions are, to learn what else would earn", code=CODE
    )
