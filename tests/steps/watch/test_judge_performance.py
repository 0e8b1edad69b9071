"""How good answers are, with outcomes and without; when it changed; and that nothing is lost when a reference is kept."""

import json
from dataclasses import replace

import numpy as np
import pytest

from mainspring.errors import Tampered
from mainspring.measure.metrics import all_scores
from mainspring.model import Question
from mainspring.steps.watch.kept.calibration import calibrated, curves_of
from mainspring.steps.watch.kept.reference import FORMAT, Reference, allowed
from mainspring.steps.watch.kept.surprise import surprises
from mainspring.steps.watch.look import Terms, look
from mainspring.steps.watch.online import changed
from mainspring.steps.watch.performance import performance
from mainspring.steps.watch.window import Outcomes, Window


def test_what_is_estimated_without_outcomes_is_what_they_show_later(world, reference) -> None:
    """Also where other customers come: the scores of a model that knows the law stay true."""
    for shift in (0.0, 1.0, -1.0):
        seen = world.rows(5000, shift=shift)
        found = performance(reference, seen)
        assert found is not None
        real = all_scores(seen.outcomes.truth, seen.answers, Question.CLASS, positive=1)
        for name, (value, low, high) in found.estimated.items():
            assert value == pytest.approx(real[name], abs=0.03), (shift, name)
            assert low <= value <= high


def test_of_numbers_the_errors_to_expect_are_those_of_the_test_rows(world, priced) -> None:
    found = performance(priced, world.prices(3000))
    assert found is not None
    assert found.estimated["rmse"][0] == pytest.approx(2, abs=0.2)
    assert found.realised["rmse"][0] == pytest.approx(2, abs=0.2)
    assert not found.dropped
    off = look(priced, world.prices(500, off=3.0), Terms())
    assert [finding.mark for finding in off.findings if finding.kind == "performance"] == ["performance:outcomes"]


def test_surprise_is_nothing_on_average_while_the_law_holds(world, reference) -> None:
    for shift in (0.0, 1.5, -1.5):
        seen = world.rows(20_000, shift=shift)
        odd = surprises(reference.judged, calibrated(seen.answers, reference.judged.curves), seen.outcomes.truth)
        assert abs(odd.mean()) < 0.02
        assert (np.abs(odd) <= 1).all()


def test_one_class_alone_can_be_judged(world, reference) -> None:
    seen = world.rows(400)
    only = replace(seen, outcomes=Outcomes(seen.answers, np.zeros(400, np.int64), seen.acted))
    assert set(performance(reference, only).realised) == {"accuracy"}


def test_scores_that_lie_are_calibrated_and_true_ones_left_alone() -> None:
    dice = np.random.default_rng(2)
    true = dice.random(4000)
    truth = (dice.random(4000) < true).astype(np.int64)
    lying = np.column_stack([1 - true**3, true**3])
    curves = curves_of(lying, truth)
    mended = calibrated(lying, curves)
    assert np.abs(mended[:, 1] - true).mean() < 0.05
    assert mended.sum(axis=1) == pytest.approx(1)
    assert curves_of(lying[:50], truth[:50]) == ()


def test_when_it_began_is_found_to_the_row_or_nearly() -> None:
    dice = np.random.default_rng(4)
    values = np.concatenate([dice.normal(0, 1, 3000), dice.normal(1, 1, 1000)])
    change = changed(values)
    assert change is not None
    assert abs(change.at - 3000) < 100
    assert (change.before, change.after) == (pytest.approx(0, abs=0.1), pytest.approx(1, abs=0.15))


@pytest.mark.parametrize("values", [np.zeros(0), np.ones(5000), np.random.default_rng(5).normal(size=50_000)])
def test_nothing_began_where_nothing_changed(values: np.ndarray) -> None:
    assert changed(values) is None


def test_a_change_late_in_the_window_is_not_watered_down(world, reference, marks) -> None:
    """Outcomes of twenty unchanged thousands hide three hundred flipped ones from their mean, but not from ADWIN."""
    before, after = world.rows(19_000), world.rows(300, flipped=True)
    both = Outcomes(
        *(np.concatenate([getattr(one.outcomes, n) for one in (before, after)]) for n in ("answers", "truth", "acted"))
    )
    seen = Window(0, {}, np.zeros((0, 2)), None, both, 1000.0)
    found = look(reference, seen, Terms())
    assert marks(found) == {"performance:outcomes": "warning"}
    assert found.began["outcomes"]["at"] == pytest.approx(19_000, abs=300)
    assert not found.performance.dropped


@pytest.mark.parametrize("name", ["reference", "priced"])
def test_a_kept_reference_comes_back_as_it_was(name: str, request: pytest.FixtureRequest) -> None:
    kept: Reference = request.getfixturevalue(name)
    assert Reference.from_dict(json.loads(json.dumps(kept.to_dict()))) == kept


def test_a_reference_of_a_later_release_is_refused(reference) -> None:
    with pytest.raises(Tampered, match="upgrade"):
        Reference.from_dict(reference.to_dict() | {"format": FORMAT + 1})


def test_what_is_allowed_is_that_of_the_largest_size_not_larger() -> None:
    sizes = ((100, 0.3), (500, 0.2))
    assert [allowed(sizes, rows) for rows in (50, 100, 499, 500, 10**6)] == [0.3, 0.3, 0.3, 0.2, 0.2]
    assert allowed((), 5) == 0
