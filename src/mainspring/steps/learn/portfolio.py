"""Portfolio: which learners are tried, in which order: what gives the most quality for its seconds comes first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from mainspring.errors import SpecError, nearest
from mainspring.measure.profile import Profile
from mainspring.steps.learn.kinds import HERE, LEARNERS, learner_named
from mainspring.steps.learn.learner import Goal, Learner
from mainspring.steps.learn.record.learners import GIVEN
from mainspring.steps.learn.tabular.log_target.fit import LogTarget
from mainspring.steps.learn.text.tuned.learner import seconds_wanted


@dataclass(frozen=True, slots=True)
class Entry:
    """A candidate: a kind of learner with its settings.

    ``log`` says that it learns the logarithm of the target, ``readable`` that a person can read the whole model, ``network`` that it
    takes part only where networks are asked for: on tables they added nothing to the trees, and half as much memory again. What is
    ``tuned`` tunes an encoder, which takes minutes, and once a fold: it takes part where there is so many times the time that the usual
    one wants. ``named`` says that it takes part only where ``learn.candidates`` names it.
    """

    name: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    log: bool = False
    readable: bool = False
    network: bool = False
    tuned: float = 0.0
    named: bool = False

    def learner(self) -> Learner:
        if not self.log:
            return learner_named(self.kind, name=self.name, settings=self.settings)
        return LogTarget(self.name, learner_named(self.kind, settings=self.settings))


DEEP_LEAVES = {"num_leaves": 31, "learning_rate": 0.05, "lambda_l2": 1.0, "feature_fraction": 0.4}
RANDOM_LEAVES = {"num_leaves": 31, "learning_rate": 0.06, "lambda_l2": 1.0, "extra_trees": True}
ORDERED_LEAVES = {"ordered": True}
"""Codes of categories are taken for numbers."""
LARGE_LEAVES = {
    "num_leaves": 127,
    "learning_rate": 0.05,
    "lambda_l2": 1.0,
    "feature_fraction": 0.5,
    "min_data_in_leaf": 5,
}
HUGE_LEAVES = {
    "num_leaves": 255,
    "learning_rate": 0.04,
    "lambda_l2": 1.0,
    "feature_fraction": 0.7,
    "min_data_in_leaf": 5,
}
HUGE_XGBOOST = {"max_depth": 10, "eta": 0.05, "min_child_weight": 3, "colsample_bytree": 0.7}
SMALL_LEAVES = {"num_leaves": 6, "learning_rate": 0.025, "lambda_l2": 10.0}
SMALL_XGBOOST = {"max_depth": 2, "eta": 0.08}
DEEP_XGBOOST = {"max_depth": 7, "eta": 0.05, "colsample_bytree": 0.5}
DEEP_CATBOOST = {"depth": 8, "learning_rate": 0.1, "l2_leaf_reg": 2.0}
SMALL_CATBOOST = {"depth": 3, "learning_rate": 0.08, "l2_leaf_reg": 3.0}
FINE_LEAVES = {"min_samples_leaf": 1, "max_features": 0.6}
PAIRED_LEAVES = {"num_leaves": 15, "learning_rate": 0.05, "feature_fraction": 0.4, "extra_trees": True}
WAVES = {"width": 1.0}
SMOOTH_WAVES = {"width": 2.8}
WIDE_PERCEPTRON = {"hidden": [256, 256], "dropout": 0.2}
DEEP_PERCEPTRON = {"hidden": [128, 128, 128]}
WAVY_PERCEPTRON = {"waves": 16, "fastest": 1.0}
STUMPS = {"num_leaves": 2, "learning_rate": 0.1, "lambda_l2": 1.0}
"""Each tree asks one column, so that together they are a sum of curves, one a column (Lou, Caruana & Gehrke 2012)."""

BOTH_TUNED = 3.0
"""The multilingual encoder has twice the layers, and is tuned besides."""

PORTFOLIO: Sequence[Entry] = (
    Entry("tfidf_bayes", "tfidf_bayes"),
    Entry("tfidf_linear", "tfidf_linear"),
    Entry("encoder_small", "encoder_linear", {"precision": "int8"}),
    Entry("encoder_multilingual", "encoder_linear", {"precision": "int8", "beside": True}),
    Entry("encoder_linear", "encoder_linear"),
    Entry("linear", "linear", readable=True),
    Entry("xgboost_deep", "xgboost", DEEP_XGBOOST),
    Entry("lightgbm_random", "lightgbm", RANDOM_LEAVES),
    Entry("catboost_small", "catboost", SMALL_CATBOOST),
    Entry("extra_trees", "extra_trees"),
    Entry("mlp", "mlp"),
    Entry("paired", "paired", PAIRED_LEAVES),
    Entry("crossed", "crossed"),
    Entry("crossed_log", "crossed", log=True),
    Entry("lightgbm_ordered", "lightgbm", ORDERED_LEAVES),
    Entry("lightgbm_log", "lightgbm", log=True),
    Entry("linear_log", "linear", log=True, readable=True),
    Entry("extra_trees_fine", "extra_trees", FINE_LEAVES),
    Entry("lightgbm", "lightgbm"),
    Entry("lightgbm_random_log", "lightgbm", RANDOM_LEAVES, log=True),
    Entry("xgboost", "xgboost"),
    Entry("lightgbm_large_log", "lightgbm", LARGE_LEAVES, log=True),
    Entry("mlp_deep", "mlp", DEEP_PERCEPTRON),
    Entry("mlp_waves", "mlp", WAVY_PERCEPTRON),
    Entry("mlp_log", "mlp", log=True),
    Entry("catboost_deep", "catboost", DEEP_CATBOOST),
    Entry("lightgbm_deep", "lightgbm", DEEP_LEAVES),
    Entry("catboost", "catboost"),
    Entry("catboost_log", "catboost", log=True),
    Entry("lightgbm_small", "lightgbm", SMALL_LEAVES),
    Entry("xgboost_small", "xgboost", SMALL_XGBOOST),
    Entry("mlp_wide", "mlp", WIDE_PERCEPTRON),
    Entry("waves_smooth", "waves", SMOOTH_WAVES),
    Entry("waves", "waves", WAVES),
    Entry("waves_log", "waves", WAVES, log=True),
    Entry("random_forest", "random_forest"),
    Entry("lightgbm_large", "lightgbm", LARGE_LEAVES),
    Entry("lightgbm_huge", "lightgbm", HUGE_LEAVES),
    Entry("xgboost_huge", "xgboost", HUGE_XGBOOST),
    Entry("additive", "lightgbm", STUMPS, readable=True),
    Entry("additive_log", "lightgbm", STUMPS, log=True, readable=True),
    Entry("decision_tree", "decision_tree", readable=True),
    Entry("least_squares", "least_squares", readable=True),
    Entry("elastic_net", "elastic_net", readable=True),
    Entry("elastic_net_log", "elastic_net", log=True, readable=True),
    Entry("knn", "knn"),
    Entry("network", "network", network=True),
    Entry("network_log", "network", log=True, network=True),
    Entry("small_network", "small_network", network=True),
    Entry("linear_network", "linear_network", network=True),
    Entry("encoder_contrastive", "encoder_contrastive", network=True),
    Entry("encoder_tuned", "encoder_tuned", tuned=1.0),
    Entry("encoder_tuned_multilingual", "encoder_tuned", {"beside": True}, tuned=BOTH_TUNED),
    Entry("encoder_lora", "encoder_tuned", {"method": "lora"}, named=True),
    Entry("encoder_adalora", "encoder_tuned", {"method": "adalora"}, named=True),
    Entry("encoder_bottleneck", "encoder_tuned", {"method": "bottleneck"}, named=True),
)
"""Those that read texts first, where there are any; then in the order that ``benchmarks/portfolio.py`` learned from public tables; it
has not ranked ``paired``, ``crossed``, ``lightgbm_ordered``, perceptrons and what is below ``lightgbm_small``."""


READABLE = frozenset(entry.name for entry in PORTFOLIO if entry.readable)

KINDS: Mapping[str, str] = {entry.name: entry.kind for entry in PORTFOLIO}


def kind_of(name: str) -> str:
    """The kind of learner a candidate is; one that the portfolio has not is a kind of its own."""
    return KINDS.get(name, name)


TUNED = "encoder_tuned"
NO_SETTINGS: Mapping[str, Any] = {}
ENCODERS = frozenset({"encoder_linear", "encoder_contrastive", TUNED})
"""Kinds that read with a pretrained encoder."""


def reading_with(
    encoder: str | None, learners: Sequence[Learner], tuned_with: Mapping[str, Any] = NO_SETTINGS
) -> list[Learner]:
    """The same, those that read with a pretrained encoder with the one of this name; None is that which knows the letters.

    Those that tune it do so ``tuned_with`` these settings.
    """
    named = {} if encoder is None else {"encoder": encoder}
    return [
        replace(
            cast(Any, one),
            settings={
                **_of_any_search(cast(Any, one).settings),
                **named,
                **(tuned_with if kind_of(one.name) == TUNED else {}),
            },
        )
        if kind_of(one.name) in ENCODERS
        else one
        for one in learners
    ]


def _of_any_search(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in {"encoder", *GIVEN}}


NOTHING_BESIDE = "it does not read texts, and the table has nothing else"
READERS = ENCODERS | {"tfidf_bayes", "tfidf_linear"}
"""Kinds that read texts."""
BESIDE_READERS = "decision_tree"
"""What is tried all the same where there are only texts, for it takes no time: whether a simple model would do is asked everywhere."""


def only_readers(learners: Sequence[Learner], profile: Profile, target: str) -> tuple[list[Learner], dict[str, str]]:
    """Where a table has nothing but texts, those of the learners that read them, and name → why not of the others; all where none reads."""
    texts = all(column.kind == "text" for column in profile.columns if column.name != target)
    if not texts or not any(kind_of(one.name) in READERS for one in learners):
        return list(learners), {}
    kept = [one for one in learners if kind_of(one.name) in {*READERS, BESIDE_READERS} or one.name not in KINDS]
    return kept, {one.name: NOTHING_BESIDE for one in learners if one not in kept}


LARGE = 15_000
"""Rows from which on deep trees learn most and time is short; of more than two classes each wants a tree a round, so that fewer rows
are as many."""
FIRST_OF_LARGE = (
    "tfidf_bayes",
    "tfidf_linear",
    "encoder_small",
    "encoder_multilingual",
    "encoder_linear",
    "lightgbm",
    "xgboost_deep",
    "linear",
    "linear_log",
    "mlp",
    "paired",
    "catboost",
    "mlp_deep",
    "mlp_waves",
    "xgboost_huge",
    "lightgbm_large",
    "lightgbm_deep",
    "lightgbm_log",
    "lightgbm_random",
    "extra_trees",
    "lightgbm_huge",
)


FOLD = "mainspring.steps.learn.trial.fold"
"""What a worker is asked to do with each."""

PERCEPTRON, SMOOTH = "mlp", 0.5
"""Share of the columns that are numbers from which on multilayer perceptrons come early: they learn smooth functions, which names have
not, and a category costs them as many inputs as it has values."""


def mostly_numbers(goal: Goal, profile: Profile) -> bool:
    """Whether multilayer perceptrons come early."""
    columns = [column for column in profile.columns if column.name != goal.target]
    return sum(column.kind == "number" for column in columns) >= SMOOTH * len(columns)


def _ordered(goal: Goal, profile: Profile) -> list[Entry]:
    first = FIRST_OF_LARGE if profile.rows * goal.outputs >= LARGE else ()
    place = {name: i for i, name in enumerate(first)}
    ordered = sorted(PORTFOLIO, key=lambda entry: place.get(entry.name, len(place)))
    if mostly_numbers(goal, profile):
        return ordered
    return sorted(ordered, key=lambda entry: entry.kind == PERCEPTRON)


def modules_of(wanted: Sequence[str] = ()) -> set[str]:
    """What a worker needs that tries the candidates for a table of numbers and categories, or those that are ``wanted``, if any are named.

    Nothing is loaded for it.
    """
    usual = (
        entry for entry in PORTFOLIO if not (entry.named or entry.network) and LEARNERS[entry.kind].startswith(HERE)
    )
    entries = [entry for entry in PORTFOLIO if entry.name in wanted] if wanted else [*usual]
    logs = {LogTarget.__module__} if any(entry.log for entry in entries) else set[str]()
    return {FOLD} | {LEARNERS[entry.kind].partition(":")[0] for entry in entries} | logs


def refuse_unknown(wanted: Sequence[str]) -> None:
    """Raises SpecError: a wanted name is no candidate's; the remedy names the nearest."""
    known = [entry.name for entry in PORTFOLIO]
    for name in wanted:
        if name not in known:
            guess = nearest(name, known)
            raise SpecError(f"there is no candidate {name!r}", where="learn.candidates",
                            remedy=f"did you mean {guess!r}?" if guess else f"known: {', '.join(known)}")  # fmt: skip


def chosen(
    goal: Goal, profile: Profile, wanted: Sequence[str] = (), seconds: float = 60.0
) -> tuple[list[Learner], dict[str, str]]:
    """The learners to try, in order, and name → why not of the others. ``wanted`` names the only ones to try; a search has so many
    ``seconds``.

    Raises:
        SpecError: a wanted name is unknown; the remedy names the nearest.
    """
    refuse_unknown(wanted)
    learners: list[Learner] = []
    reasons: dict[str, str] = {}
    for entry in _ordered(goal, profile):
        if wanted and entry.name not in wanted:
            continue
        learner = entry.learner()
        reason = learner.fits(goal, profile)
        if entry.tuned and not wanted and seconds < entry.tuned * seconds_wanted(profile, goal.target):
            reason = reason or "an encoder is tuned where there are minutes for each fold, or learn.candidates names it"
        if entry.named and not wanted:
            reason = reason or "encoders are tuned so where learn.candidates names it, with minutes for each fold"
        if entry.network and not wanted and goal.framework is None:
            reason = reason or "networks take part where learn.framework is declared, or learn.candidates names them"
        if reason is None:
            learners.append(learner)
        else:
            reasons[entry.name] = reason
    return learners, reasons
