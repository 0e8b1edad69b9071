"""Portfolio: which learners are tried, in which order: what gives the most quality for its seconds comes first."""

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.errors import SpecError, nearest
from mainspring.measure.profile import Profile
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Goal, Learner

PORTFOLIO: Sequence[tuple[str, str, Mapping[str, Any]]] = (
    # name              learner          settings
    ("linear", "linear", {}),
    ("lightgbm", "lightgbm", {}),
    ("catboost", "catboost", {}),
    ("extra_trees", "extra_trees", {}),
    ("lightgbm_small", "lightgbm", {"num_leaves": 6, "learning_rate": 0.025, "lambda_l2": 10.0}),
    ("xgboost_small", "xgboost", {"max_depth": 2, "eta": 0.08}),
    ("random_forest", "random_forest", {}),
    ("xgboost", "xgboost", {}),
    ("decision_tree", "decision_tree", {}),
    ("least_squares", "least_squares", {}),
    ("catboost_small", "catboost", {"depth": 3, "learning_rate": 0.08, "l2_leaf_reg": 3.0}),
)


def chosen(goal: Goal, profile: Profile, wanted: Sequence[str] = ()) -> tuple[list[Learner], dict[str, str]]:
    """The learners to try, in order, and name → why not of the others. ``wanted`` names the only ones to try.

    Raises:
        SpecError: a wanted name is unknown; the remedy names the nearest.
    """
    known = [name for name, _, _ in PORTFOLIO]
    for name in wanted:
        if name not in known:
            guess = nearest(name, known)
            raise SpecError(f"there is no candidate {name!r}", where="learn.candidates",
                            remedy=f"did you mean {guess!r}?" if guess else f"known: {', '.join(known)}")  # fmt: skip
    learners: list[Learner] = []
    reasons: dict[str, str] = {}
    for name, kind, settings in PORTFOLIO:
        if wanted and name not in wanted:
            continue
        learner = learner_named(kind, name=name, settings=settings)
        reason = learner.fits(goal, profile)
        if reason is None:
            learners.append(learner)
        else:
            reasons[name] = reason
    return learners, reasons
