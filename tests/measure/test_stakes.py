"""Stakes: the gain of a whole decision, against the same reckoned row by row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.measure.gains import Gains
from mainspring.measure.stakes import ASKED, HEADROOM, PARTS, Stakes, surely_more

RETENTION = Gains(("none", "offer"), ("no", "yes"), ((0.0, -100.0), (-20.0, 120.0)))
MONEY = st.floats(-100, 100).map(lambda money: round(money, 1))


@st.composite
def worlds(draw: st.DrawFn):
    count, actions, classes = draw(st.integers(1, 40)), draw(st.integers(2, 4)), draw(st.integers(2, 4))
    dice = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    matrix = tuple(tuple(draw(MONEY) for _ in range(classes)) for _ in range(actions))
    gains = Gains(tuple("nabc"[:actions]), tuple("wxyz"[:classes]), matrix)
    before = np.where(dice.random(count) < 0.3, dice.integers(0, actions + 1, count), ASKED)
    after = dice.integers(0, actions + 1, (count, actions + 1)) if draw(st.booleans()) else None
    share = draw(st.none() | st.floats(0, 1))
    answers = np.round(dice.dirichlet(np.ones(classes), count), 2)
    stakes = Stakes(gains, 1 if classes == 2 else None, before, after, None, share)
    return stakes, answers, dice.integers(0, classes, count)


def by_hand(stakes: Stakes, answers: np.ndarray, threshold: float | None) -> list[int]:
    """Rule, choice, rule, capacity: a row at a time."""
    matrix, decided = stakes.gains.matrix, []
    for row, chances in enumerate(answers.tolist()):
        action, over = int(stakes.before[row]), 0.0
        if action == ASKED:
            expected = [sum(p * g for p, g in zip(chances, gains, strict=True)) for gains in matrix]
            action = (
                int(chances[1] >= threshold)
                if threshold is not None and stakes.by_threshold
                else expected.index(max(expected))
            )
            action = action if stakes.after is None else int(stakes.after[row, action])
            over = expected[action] - expected[0] if action < len(matrix) else 0.0
        decided.append((action, over))
    if stakes.share is not None:
        acting = sorted((i for i, (action, _) in enumerate(decided) if action > 0), key=lambda i: -decided[i][1])
        for i in acting[int(stakes.share * len(decided) + 1e-9) :]:
            decided[i] = (0, 0.0)
    return [action for action, _ in decided]


def earned_by_hand(stakes: Stakes, actions: list[int], truth: np.ndarray) -> float:
    matrix = stakes.gains.matrix
    return sum(matrix[a if a < len(matrix) else 0][t] for a, t in zip(actions, truth.tolist(), strict=True))


@given(world=worlds(), threshold=st.none() | st.floats(0, 1))
def test_rules_choice_and_capacity_do_what_they_do_row_by_row(world, threshold: float | None) -> None:
    stakes, answers, truth = world
    ours, theirs = stakes.decided(answers, threshold), by_hand(stakes, answers, threshold)
    # Two actions that expect the same but for rounding are as good: what counts is what they gain.
    if ours.tolist() != theirs:
        expected = np.column_stack([stakes.gains.expected(answers), np.zeros(len(answers))])
        known = [np.minimum(actions, len(stakes.gains.actions)) for actions in (ours, np.array(theirs))]
        gained = [
            sum(expected[i, a] - expected[i, 0] for i, a in enumerate(some) if a < expected.shape[1] - 1)
            for some in known
        ]
        assert gained[0] == pytest.approx(gained[1], abs=1e-6)
    else:
        assert stakes.realised(ours, truth).sum() == pytest.approx(earned_by_hand(stakes, theirs, truth))


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), capacity=st.none() | st.floats(0.05, 1), weighted=st.booleans(), ruled=st.booleans()
)
def test_no_threshold_earns_more_within_the_capacity(
    seed: int, capacity: float | None, weighted: bool, ruled: bool
) -> None:
    dice = np.random.default_rng(seed)
    count = 80
    chance = np.round(dice.random(count), 2)
    truth = (dice.random(count) < chance).astype(int)
    weights = dice.integers(1, 4, count).astype(float) if weighted else np.ones(count)
    before = np.where(dice.random(count) < 0.4, 0, ASKED) if ruled else np.full(count, ASKED)
    stakes = Stakes(RETENTION, 1, before, share=capacity)
    found = stakes.best_threshold(truth, np.column_stack([1 - chance, chance]), weights)
    assert found is not None
    asked = before == ASKED

    def reckoned(threshold: float) -> tuple[float, float]:
        acts = asked & (chance >= threshold)
        gained = sum(
            w * RETENTION.matrix[int(a)][t] for w, a, t, q in zip(weights, acts, truth, asked, strict=True) if q
        )
        return gained / weights[asked].sum(), weights[acts].sum() / weights.sum()

    profit, acted = reckoned(found.value)
    assert found.profit == pytest.approx(profit)
    capacity = None if capacity is None else capacity * HEADROOM
    assert capacity is None or acted <= capacity + 1e-9
    possible = [
        reckoned(t)[0] for t in (*np.unique(chance), 1.1) if capacity is None or reckoned(t)[1] <= capacity + 1e-9
    ]
    assert found.profit >= max(possible) - 0.002 * (max(possible) - min(possible)) - 1e-9


def test_no_row_has_a_say_in_the_threshold_it_is_judged_by() -> None:
    dice = np.random.default_rng(0)
    chance = dice.random(500)
    truth = (dice.random(500) < chance).astype(int)
    answers = np.column_stack([1 - chance, chance])
    stakes = Stakes.of(RETENTION, 1, 500)
    gained = stakes.earned(truth, answers)
    part = np.random.default_rng(0).permutation(500) % PARTS
    for k in range(PARTS):
        mine = part == k
        rest = Stakes.of(RETENTION, 1, int((~mine).sum())).best_threshold(truth[~mine], answers[~mine])
        assert rest is not None
        acts = (chance[mine] >= rest.value).astype(int)
        assert gained[mine] == pytest.approx(RETENTION.realised(acts, truth[mine]))


def test_a_row_that_changes_sides_moves_what_is_followed_by_less() -> None:
    """The spread over rows drawn anew of the difference between two models: smoothed, less is due to chance."""
    dice = np.random.default_rng(1)
    hard, smooth = [], []
    for _ in range(60):
        odds = dice.normal(-1, 1.5, 400)
        truth = (dice.random(400) < 1 / (1 + np.exp(-odds))).astype(int)
        gained = {}
        for noise in (0.5, 0.7):
            chance = 1 / (1 + np.exp(-(odds + dice.normal(0, noise, 400))))
            answers, stakes = np.column_stack([1 - chance, chance]), Stakes.of(RETENTION, 1, 400)
            gained[noise] = [stakes.earned(truth, answers, smooth=s).mean() for s in (False, True)]
        hard.append(gained[0.5][0] - gained[0.7][0])
        smooth.append(gained[0.5][1] - gained[0.7][1])
    assert np.std(smooth) < np.std(hard)


def test_rows_that_rules_decide_do_not_tell_models_apart() -> None:
    """One model is right where the rules decide, the other where the model is asked: the latter earns more."""
    dice = np.random.default_rng(2)
    truth, bound = dice.integers(0, 2, 1000), np.arange(1000) % 2 == 0
    sure, blind = np.where(truth == 1, 0.9, 0.1), np.full(1000, 0.5)
    first, second = np.where(bound, sure, blind), np.where(bound, blind, sure)
    stakes = Stakes(RETENTION, 1, np.where(bound, 0, ASKED))
    one, other = (stakes.earned(truth, np.column_stack([1 - p, p]), smooth=True) for p in (first, second))
    assert other.mean() > one.mean() + 1
    assert (one[bound] == other[bound]).all()


def test_a_weight_is_so_many_rows() -> None:
    dice = np.random.default_rng(3)
    chance = dice.random(300)
    truth = (dice.random(300) < chance**2).astype(int)
    counts = dice.integers(1, 4, 300)
    answers = np.column_stack([1 - chance, chance])
    stakes = Stakes.of(RETENTION, 1, 300)
    weighted = stakes.best_threshold(truth, answers, counts.astype(float))
    repeated = stakes.some(np.repeat(np.arange(300), counts)).best_threshold(
        np.repeat(truth, counts), np.repeat(answers, counts, axis=0)
    )
    assert weighted is not None
    assert repeated is not None
    assert (weighted.value, weighted.profit) == pytest.approx((repeated.value, repeated.profit))


@pytest.mark.parametrize(("share", "acted"), [(0.0, 0), (0.1, 100), (1.0, 1000)])
def test_capacity_says_how_many_are_acted_on(share: float, acted: int) -> None:
    always = Gains(("none", "offer"), ("no", "yes"), ((0.0, 0.0), (1.0, 2.0)))
    chance = np.random.default_rng(4).permutation(1000) / 1000
    truth, answers = (chance > 0.5).astype(int), np.column_stack([1 - chance, chance])
    stakes = Stakes(always, 1, np.full(1000, ASKED), share=share)
    found = stakes.best_threshold(truth, answers)
    assert found is not None
    assert (chance >= found.value).sum() == pytest.approx(min(1000, HEADROOM * acted), abs=1)
    actions = stakes.decided(answers, 0.0)
    assert actions.sum() == acted
    assert acted == 0 or chance[actions == 1].min() >= 1 - share - 1e-9
    assert stakes.earned(truth, answers).sum() == pytest.approx(always.realised(actions, truth).sum(), abs=40)


def test_gains_that_are_all_negative_act_on_nobody() -> None:
    never = Gains(("none", "offer"), ("no", "yes"), ((0.0, 0.0), (-1.0, -2.0)))
    chance = np.linspace(0.01, 0.99, 100)
    truth, answers = (chance > 0.5).astype(int), np.column_stack([1 - chance, chance])
    stakes = Stakes.of(never, 1, 100)
    found = stakes.best_threshold(truth, answers)
    assert found is not None
    assert found.value > chance.max()
    assert stakes.earned(truth, answers, smooth=True).sum() == 0.0


def test_rules_that_match_everything_leave_nothing_to_choose() -> None:
    chance = np.linspace(0.01, 0.99, 100)
    truth, answers = (chance > 0.5).astype(int), np.column_stack([1 - chance, chance])
    for action, gain in ((0, -100.0 * truth), (1, np.where(truth == 1, 120.0, -20.0)), (2, -100.0 * truth)):
        stakes = Stakes(RETENTION, 1, np.full(100, action))
        assert stakes.best_threshold(truth, answers) is not None
        assert stakes.earned(truth, answers, smooth=True).tolist() == gain.tolist()
        assert stakes.decided(answers, 0.5).tolist() == [action] * 100


def test_a_threshold_that_is_declared_is_the_one_that_judges() -> None:
    chance = np.linspace(0.01, 0.99, 99)
    truth, answers = (chance > 0.3).astype(int), np.column_stack([1 - chance, chance])
    stakes = Stakes(RETENTION, 1, np.full(99, ASKED), threshold=0.8)
    assert stakes.earned(truth, answers).sum() == RETENTION.realised((chance >= 0.8).astype(int), truth).sum()


@pytest.mark.parametrize("rows", [1, 2, 3, 7])
def test_few_rows_are_judged_nevertheless(rows: int) -> None:
    truth, answers = np.arange(rows) % 2, np.full((rows, 2), 0.5)
    for smooth in (False, True):
        assert np.isfinite(Stakes.of(RETENTION, 1, rows).earned(truth, answers, smooth=smooth)).all()
        several = Gains(("none", "a", "b"), ("no", "yes"), ((0, 0), (1, 2), (-1, 5)))
        assert np.isfinite(Stakes.of(several, 1, rows).earned(truth, answers, smooth=smooth)).all()


def test_probabilities_of_several_classes_are_calibrated_by_other_rows() -> None:
    """Answers that are far too sure earn what tempered ones do."""
    dice = np.random.default_rng(5)
    logs = dice.normal(size=(2000, 3))
    right = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
    truth = (right.cumsum(axis=1) < dice.random((2000, 1))).sum(axis=1).clip(0, 2)
    sure = right**2 / (right**2).sum(axis=1, keepdims=True)
    gains = Gains(("none", "call", "mail"), ("a", "b", "c"), ((0, 0, 0), (30, -20, -30), (-2, 3, 1)))
    stakes = Stakes.of(gains, None, 2000)
    assert stakes.earned(truth, sure).mean() == pytest.approx(stakes.earned(truth, right).mean(), abs=0.3)


def test_chance_is_not_preferred() -> None:
    dice = np.random.default_rng(6)
    preferred = [surely_more(dice.normal(size=500), dice.normal(size=500), np.arange(500) // 100) for _ in range(300)]
    assert np.mean(preferred) < 0.2
    assert surely_more(np.ones(500), np.zeros(500), np.arange(500) // 100)
    assert not surely_more(np.ones(500), np.ones(500), np.zeros(500, dtype=np.int64))


def test_rows_of_equal_probability_are_not_cut_through() -> None:
    """Nine in ten have one probability: the neighbours of the threshold above it are not found among them."""
    dice = np.random.default_rng(7)
    chance = np.where(dice.random(1000) < 0.1, 0.97, 0.45)
    truth = (dice.random(1000) < chance).astype(int)
    gains = Gains(("none", "act"), ("no", "yes"), ((0.0, 0.0), (-9.0, 1.0)))
    gained = Stakes.of(gains, 1, 1000).earned(truth, np.column_stack([1 - chance, chance]), smooth=True)
    assert (gained[chance < 0.5] == 0).all()
