"""Select: which candidates make the blend, greedily and with replacement (Caruana et al. 2004)."""

from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Judge = Callable[[Floats], float]
"""Out-of-fold answers (n × k) → how good, greater is better."""

ROUNDS = 20
MOST_MEMBERS = 4
MOST_CHEAP = 8
"""So many where they are cheap enough."""
WORTH = 5e-4
"""A further member must better the score by this share of the best single candidate's distance from the worst, or it only costs time."""
PRICE = 5e-3
"""The same share for each millisecond that a further member takes a row (latency-priced selection, arXiv 2408.02280)."""


def select(
    answers: Mapping[str, Floats], judge: Judge, costs: Mapping[str, float], limit: float | None,
    most: int = MOST_MEMBERS, cheap: float = 0.0,
) -> dict[str, float]:  # fmt: skip
    """Candidate → weight in the blend (weights sum to one) of out-of-fold answers (n × k) a candidate.

    ``costs`` are milliseconds a row; the members of a blend cost their sum, which stays within ``limit``. Candidates must
    each keep the limit alone. There are at ``most`` so many members, or ``MOST_CHEAP`` that together cost no more than ``cheap``.
    The search goes on while each step betters the score; of its steps the first is taken from which on nothing better than
    ``WORTH``, and the ``PRICE`` of its cost, was added.
    """
    singles = {name: judge(answer) for name, answer in answers.items()}
    finite = [value for value in singles.values() if np.isfinite(value)] or [0.0]
    scale = max(max(finite) - min(finite), abs(max(finite)) * 0.01, 1e-12)
    best_single = max(singles, key=lambda name: (singles[name], -costs[name]))
    picks: list[str] = [best_single]
    total = answers[best_single].copy()
    best, kept = singles[best_single], [best_single]
    for _ in range(ROUNDS):
        allowed = _allowed(set(picks), costs, limit, most, cheap)
        step = _best_step({n: answer for n, answer in answers.items() if n in allowed}, judge, len(picks), total)
        if step is None:
            break
        name, value = step
        picks.append(name)
        total += answers[name]
        joined = sum(costs[member] for member in {*picks} - {*kept})
        if value > best + (WORTH + PRICE * joined) * scale:
            best, kept = value, picks.copy()
    counts = Counter(kept)
    return {name: count / len(kept) for name, count in counts.items()}


def _allowed(members: set[str], costs: Mapping[str, float], limit: float | None, most: int, cheap: float) -> set[str]:
    """The members themselves, and who may join them."""
    if len(members) >= max(most, MOST_CHEAP if cheap else 0):
        return members
    if len(members) >= most:
        limit = cheap if limit is None else min(cheap, limit)
    spent = sum(costs[name] for name in members)
    return members | {name for name, cost in costs.items() if limit is None or spent + cost <= limit}


def _best_step(answers: Mapping[str, Floats], judge: Judge, picked: int, total: Floats) -> tuple[str, float] | None:
    best: tuple[str, float] | None = None
    for name, answer in answers.items():
        value = judge((total + answer) / (picked + 1))
        if best is None or value > best[1]:
            best = (name, value)
    return best
