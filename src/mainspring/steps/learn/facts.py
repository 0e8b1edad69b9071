"""Facts: the nine that decide how a model is chosen, what was seen of each, and what it changed in this search."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mainspring.measure.metrics import METRICS
from mainspring.measure.profile import Profile
from mainspring.model import Question
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.portfolio import LARGE, PERCEPTRON, kind_of, mostly_numbers
from mainspring.steps.learn.terms import Terms

FEW_CLASS = 0.1
GAINED = (
    "candidates, blends and calibrations are compared by what the whole decision gains on rows they had not learned from: rules first, "
    "the threshold told from other rows, within the capacity; where that is within chance, by log loss"
)


@dataclass(frozen=True, slots=True)
class Fact:
    """``name`` is one of the nine; ``seen`` and ``changed`` are said in words."""

    name: str
    seen: str
    changed: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def nine_facts(
    goal: Goal, terms: Terms, memory: int | None, folds: int, tried: Sequence[str], made: Sequence[str]
) -> tuple[Fact, ...]:
    """Of a search: ``memory`` is what each worker might take (bytes), ``folds`` how many judged the blend, ``tried`` who took part,
    ``made`` the features that were made."""
    profile = terms.profile
    return (
        Fact("data distribution", *_distribution(goal, profile, tried)),
        Fact("sample size", *_size(profile, folds)),
        Fact("number of features", *_features(goal, profile, tried, made)),
        Fact("compute at hand", *_compute(terms, memory)),
        Fact("data quality", *_quality(profile)),
        Fact("business objective", *_objective(goal, terms)),
        Fact("accuracy", *_accuracy(terms, tried)),
        Fact("speed", *_speed(terms)),
        Fact("ease of deployment", *_deployment(terms)),
    )


def _distribution(goal: Goal, profile: Profile, tried: Sequence[str]) -> tuple[str, str]:
    target = profile.target
    if goal.question == Question.NUMBER:
        skew = 0.0 if target is None or target.skew is None else target.skew
        logs = [name for name in tried if name.endswith("_log")]
        changed = f"its logarithm is learned too: {', '.join(logs)}" if logs else "its logarithm is not learned"
        return f"the target has a skewness of {skew:.2g}", changed
    share = None if target is None else target.imbalance
    if share is None:
        return f"{len(goal.classes)} classes", "folds have the classes in equal shares"
    changed = "folds have the classes in equal shares"
    if share < FEW_CLASS:
        changed += "; no row weighs more for being rare, so that probabilities stay shares"
    return f"{len(goal.classes)} classes, the rarest {share:.1%} of the rows", changed


def _size(profile: Profile, folds: int) -> tuple[str, str]:
    order = "deep trees first" if profile.rows >= LARGE else "the order learned from tables of some thousand rows"
    judged = f"{folds} folds judge" if folds > 1 else "one fold judges"
    return f"{profile.rows:,} rows to learn from", f"{order}; {judged} the blend"


def _features(goal: Goal, profile: Profile, tried: Sequence[str], made: Sequence[str]) -> tuple[str, str]:
    means = sorted({name.partition(" (mean of ")[0] for name in made if " (mean of " in name})
    changed = f"{len(made)} features"
    if means:
        changed += f", with means of the target for {', '.join(means[:5])}" + (" and others" if len(means) > 5 else "")
    if goal.pair is not None:
        changed += f"; {goal.pair[0]} and {goal.pair[1]} are read together"
    if any(kind_of(name) == PERCEPTRON for name in tried):
        changed += "; perceptrons came " + (
            "early: most are numbers" if mostly_numbers(goal, profile) else "late: few are numbers"
        )
    return f"{len(profile.columns) - 1} columns", changed


def _compute(terms: Terms, memory: int | None) -> tuple[str, str]:
    each = "" if memory is None else f", each at most {memory / 1e6:,.0f} MB"
    workers = f"{terms.workers} worker" + ("s" if terms.workers != 1 else "")
    return workers, f"fits run side by side, on one thread each{each}"


def _quality(profile: Profile) -> tuple[str, str]:
    lacking = [column.name for column in profile.columns if column.missing > 0]
    seen = f"missing values in {len(lacking)} of the columns, {profile.duplicates:,} repeated rows"
    suspects = [suspect.column for suspect in profile.suspects]
    if suspects:
        seen += f", {len(suspects)} columns that may give the answer away: {', '.join(suspects[:3])}"
    return seen, "missing values are learned as such: trees choose their side, lines get a mark"


def _objective(goal: Goal, terms: Terms) -> tuple[str, str]:
    money = "gains are declared: the threshold is set by money" if terms.stakes is not None else "no gains are declared"
    money = "; ".join([money, *terms.assumed])
    metric = METRICS[goal.metric]
    if goal.metric == "profit":
        return money, GAINED
    if metric.proxy is None:
        return money, f"candidates are compared by {metric.title}"
    return (
        money,
        f"candidates are compared by {METRICS[metric.proxy].title}, which chance moves less than {metric.title}",
    )


def _accuracy(terms: Terms, tried: Sequence[str]) -> tuple[str, str]:
    limit = f"{terms.limits.time:g} s for the search"
    return limit, f"{len(tried)} candidates took part; the promising learned longer"


def _speed(terms: Terms) -> tuple[str, str]:
    if terms.limits.latency is None:
        return (
            "no limit of latency is declared",
            f"members are averaged over several fits only where a row stays below {_quick(terms)}",
        )
    return (
        f"a row may take {terms.limits.latency * 1000:g} ms",
        "only blends that were measured to keep it are considered",
    )


def _quick(terms: Terms) -> str:
    return "5 ms" if terms.profile.count("text") else "0.2 ms"


def _deployment(terms: Terms) -> tuple[str, str]:
    limits = terms.limits
    memory = "no limit of memory" if limits.memory is None else f"{limits.memory / 1e6:g} MB of memory"
    if limits.runtime == "onnx":
        return f"{memory}; ONNX is asked for", "only what can be exported took part"
    return (
        memory,
        f"at most four members, eight where a row stays below {_quick(terms)} or the limit, walked by one compiled engine",
    )
