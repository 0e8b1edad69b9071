"""Follow the gain: of candidates, blends and calibrations, what the whole decision earns most with."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest

from mainspring.automation.learn import Learn, Limits, Split
from mainspring.measure.gains import Gains
from mainspring.measure.profile import profile
from mainspring.measure.stakes import ASKED, Stakes
from mainspring.steps.learn.blend.calibrate import calibrate
from mainspring.steps.learn.goal import goal_of
from mainspring.steps.learn.terms import Terms
from mainspring.steps.learn.trial.judge import Judge

ROWS = 4000
RARE = Gains(("none", "act"), ("no", "yes"), ((0.0, 0.0), (-9.0, 1.0)))
"""Acting pays from a probability of 90 % on: only the surest matter."""


def judge_of(truth: np.ndarray, stakes: Stakes, metric: str = "profit", folds: int = 5) -> Judge:
    table = pa.table({"y": np.where(truth == 1, "yes", "no")})
    goal = goal_of(Learn(target="y", positive="yes", optimise=metric), table["y"], has_gains=True)
    parts = [(np.arange(len(truth)), part) for part in np.array_split(np.arange(len(truth)), folds)]
    with ThreadPoolExecutor(1) as executor:
        terms = Terms(Limits(), executor, 1, lambda *_: None, profile(table, "y"), {}, stakes)
        return Judge(table, parts, goal, terms)


def world(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truths, and two answers: one right but where it is very likely, the other right only there."""
    dice = np.random.default_rng(seed)
    chance = np.where(dice.random(ROWS) < 0.15, 0.97, dice.uniform(0.05, 0.85, ROWS))
    truth = (dice.random(ROWS) < chance).astype(int)
    right_below = np.where(chance > 0.9, dice.uniform(0.6, 0.85, ROWS), chance)
    right_above = np.where(chance > 0.9, 0.97, 0.45)
    return truth, *(np.column_stack([1 - p, p]) for p in (right_below, right_above))


def test_the_best_by_log_loss_is_not_the_best_by_gain() -> None:
    truth, below, above = world()
    judge = judge_of(truth, Stakes.of(RARE, 1, ROWS))
    assert judge.surer(below) > judge.surer(above)
    assert judge.of(above) > judge.of(below)
    assert judge.prefers(above, below)
    assert not judge.prefers(below, above)
    assert judge.metrics(above)["profit"] > judge.metrics(below)["profit"]


def test_where_another_metric_is_asked_for_it_is_followed() -> None:
    truth, below, above = world()
    judge = judge_of(truth, Stakes.of(RARE, 1, ROWS), metric="log_loss")
    assert not judge.follows_gain
    assert judge.of(below) > judge.of(above)
    assert judge.metrics(above)["profit"] > judge.metrics(below)["profit"]


def test_rules_that_take_half_of_the_rows_change_who_wins() -> None:
    dice = np.random.default_rng(1)
    truth, bound = dice.integers(0, 2, ROWS), np.arange(ROWS) % 2 == 0
    # The first errs seldom, but where the model is asked.
    sure = np.where(truth == 1, 0.97, 0.03)
    wrong_asked = np.where(~bound & (dice.random(ROWS) < 0.3), 1 - sure, sure)
    wrong_bound = np.where(bound & (dice.random(ROWS) < 0.6), 1 - sure, sure)
    one, other = (np.column_stack([1 - p, p]) for p in (wrong_asked, wrong_bound))
    gains = Gains(("none", "act"), ("no", "yes"), ((0.0, -5.0), (-5.0, 5.0)))
    alone = judge_of(truth, Stakes.of(gains, 1, ROWS))
    ruled = judge_of(truth, Stakes(gains, 1, np.where(bound, 0, ASKED)))
    assert alone.prefers(one, other)
    assert ruled.prefers(other, one)


def test_within_a_small_capacity_the_surest_decide() -> None:
    """One ranks the top right, the other all but the top: capacity makes the first earn more."""
    dice = np.random.default_rng(2)
    chance = dice.random(ROWS)
    truth = (dice.random(ROWS) < chance).astype(int)
    top = np.where(chance > 0.9, chance, 0.5 + 0.2 * (dice.random(ROWS) - 0.5))
    rest = np.where(chance > 0.7, 0.7 + 0.3 * dice.random(ROWS), chance)
    one, other = (np.column_stack([1 - p, p]) for p in (top, rest))
    gains = Gains(("none", "act"), ("no", "yes"), ((0.0, 0.0), (-1.0, 1.0)))
    assert judge_of(truth, Stakes.of(gains, 1, ROWS)).prefers(other, one)
    assert judge_of(truth, Stakes(gains, 1, np.full(ROWS, ASKED), share=0.05)).prefers(one, other)


def test_a_calibration_is_taken_for_what_it_earns() -> None:
    truth, below, _ = world()
    made = calibrate(
        below, truth, 0, prefers=lambda some, others: (some[:, 1] == below[:, 1]).all() and some is not others
    )
    assert made.method == "none"


def test_a_search_says_what_was_followed(find, customers) -> None:
    gains = Gains(("none", "offer"), ("no", "yes"), ((0, -100), (-20, 120)))
    table = customers()
    stakes = Stakes(gains, 1, np.where(np.arange(len(table)) % 2, 0, ASKED), share=0.4)
    declared = Learn(
        target="leaves", positive="yes", candidates=["linear", "decision_tree"], split=Split(folds=3), optimise="profit"
    )
    found = find(table, declared, stakes=stakes, assumed=("rules decide 50.0% of the rows before the model",))
    fact = next(fact for fact in found.facts if fact.name == "business objective")
    assert "rules decide 50.0%" in fact.seen
    assert "the whole decision" in fact.changed
    inside = stakes.some(found.rows)
    weighted = inside.earned(found.truth.astype(np.int64), found.oof)
    assert found.metrics["profit"] == pytest.approx(weighted.mean())
