"""Select: which candidates make the blend, greedily and with replacement (Caruana et al. 2004), or that bagged (the same, 2006)."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Judge = Callable[[Floats], float]
"""Out-of-fold answers (n × k) → how good, greater is better."""

ROUNDS = 20
MOST_MEMBERS = 4
MOST_CHEAP = 8
"""So many where they are cheap enough."""
WORTH = 5e-4
"""A further member must better the score by this share of the best candidate's distance from the middle one, or it only costs time."""
PRICE = 5e-3
"""The same share for each millisecond that a further member takes a row (latency-priced selection, arXiv 2408.02280)."""
BAGS, ROUNDS_OF_A_BAG = 20, 12
BAGGED = 0.5
"""Share of the candidates in a bag."""
FEWEST = 3
"""Candidates in a bag, where there are so many."""
DRAWN = 10_000
"""So many rows are drawn for a bag at most: more tell little more, and take seconds that candidates use better."""
AMONG = 24
"""So many of the best by themselves are bagged: a blend hardly takes those after them, and each costs time."""
JUDGED = round(BAGS * ROUNDS_OF_A_BAG * AMONG * BAGGED)
"""So many blends are judged in a bagged selection of ``BAGS`` at most."""
LIGHT = 0.05
"""A member of less than this share costs a row's time and adds next to nothing."""


@dataclass(frozen=True, slots=True)
class Room:
    """Who finds room in a blend. ``costs`` are milliseconds a row; the members cost their sum, which stays within ``limit``.

    There are at ``most`` so many members, or ``MOST_CHEAP`` that together cost no more than ``cheap``.
    """

    costs: Mapping[str, float]
    limit: float | None = None
    most: int = MOST_MEMBERS
    cheap: float = 0.0

    def allowed(self, members: set[str]) -> set[str]:
        """The members themselves, and who may join them."""
        limit = self.limit
        if len(members) >= max(self.most, MOST_CHEAP if self.cheap else 0):
            return members
        if len(members) >= self.most:
            limit = self.cheap if limit is None else min(self.cheap, limit)
        spent = sum(self.costs[name] for name in members)
        return members | {name for name, cost in self.costs.items() if limit is None or spent + cost <= limit}


def select(answers: Mapping[str, Floats], judge: Judge, room: Room, rounds: int = ROUNDS) -> dict[str, float]:
    """Candidate → weight in the blend (weights sum to one) of out-of-fold answers (n × k) a candidate.

    Candidates must each keep the limit alone. The search goes on while each step betters the score; of its steps the first is
    taken from which on nothing better than ``WORTH``, and the ``PRICE`` of its cost, was added.
    """
    costs = room.costs
    singles = {name: judge(answer) for name, answer in answers.items()}
    finite = [value for value in singles.values() if np.isfinite(value)] or [0.0]
    # From the middle one: the worst may be beyond all measure, cut short by the clock or not made for such rows.
    scale = max(max(finite) - float(np.median(finite)), abs(max(finite)) * 0.01, 1e-12)
    best_single = max(singles, key=lambda name: (singles[name], -costs[name]))
    picks: list[str] = [best_single]
    total = answers[best_single].copy()
    best, kept = singles[best_single], [best_single]
    for _ in range(rounds):
        allowed = room.allowed(set(picks))
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


def bagged(
    answers: Mapping[str, Floats], judge: Judge, drawn: Callable[[Ints], Judge], room: Room, seed: int = 0, *, bags: int = BAGS
) -> dict[str, float]:  # fmt: skip
    """The same, but the mean of the weights of several selections, each on rows drawn with replacement among half of the candidates.

    Of many candidates judged on few rows the best blend owes much to chance; what is chosen on most draws owes less. ``drawn``
    makes the judge of such rows (row numbers). The heaviest stay for whom there is room, those lighter than ``LIGHT`` apart.
    Where the best candidate alone is better than they are, it is so far ahead that the draws without it spoil the mean: what is chosen on
    all rows among all is taken.
    """
    singles = {name: judge(answer) for name, answer in answers.items()}
    best = sorted(answers, key=lambda name: (-singles[name], room.costs[name], name))[:AMONG]
    dice, rows = np.random.default_rng(seed), len(answers[best[0]])
    weights = dict.fromkeys(best, 0.0)
    for _ in range(bags):
        some = sorted(dice.permutation(len(best))[: max(FEWEST, round(BAGGED * len(best)))])
        again = dice.integers(0, rows, min(rows, DRAWN))
        bag = {best[i]: answers[best[i]][again] for i in some}
        for name, weight in select(bag, drawn(again), room, ROUNDS_OF_A_BAG).items():
            weights[name] += weight
    kept = _heaviest(weights, room)
    return (
        kept
        if judge(mixed(answers, kept)) >= singles[best[0]]
        else select({name: answers[name] for name in best}, judge, room)
    )


def mixed(answers: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """What the blend of these weights answers (n × k)."""
    return np.sum([answers[name] * weight for name, weight in weights.items()], axis=0)


def _heaviest(weights: Mapping[str, float], room: Room) -> dict[str, float]:
    """Those for whom there is room, without the light ones."""
    kept: set[str] = set()
    for name in sorted(weights, key=lambda name: -weights[name]):
        if weights[name] and name in room.allowed(kept):
            kept.add(name)
    least = LIGHT * sum(weights[name] for name in kept)
    found = {name: weight for name, weight in weights.items() if name in kept and weight >= least}
    total = sum(found.values())
    return {name: weight / total for name, weight in found.items()}


def _best_step(answers: Mapping[str, Floats], judge: Judge, picked: int, total: Floats) -> tuple[str, float] | None:
    best: tuple[str, float] | None = None
    for name, answer in answers.items():
        value = judge((total + answer) / (picked + 1))
        if best is None or value > best[1]:
            best = (name, value)
    return best
