"""What has changed is noticed, weighed in money; what has not is left alone, however large the stream."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from mainspring.model import Question
from mainspring.steps.watch.baseline import baseline
from mainspring.steps.watch.drift import DriftTerms, drifts
from mainspring.steps.watch.kept.reference import Asked, Reference
from mainspring.steps.watch.look import Terms, look
from mainspring.steps.watch.money import Cost
from mainspring.steps.watch.window import Window

BY_MONEY = Terms(cost=Cost(100, "declared"))
BY_EFFECT = replace(BY_MONEY, by="effect")


def test_the_same_world_is_left_alone(world, reference, marks) -> None:
    for _ in range(50):
        assert marks(look(reference, world.rows(500), BY_EFFECT)) == {}


def test_a_rule_that_flips_is_critical_once_outcomes_are_known(world, reference, marks) -> None:
    found = look(reference, world.rows(600, flipped=True), BY_MONEY)
    assert marks(found) == {"performance:outcomes": "critical"}
    assert found.loss is not None
    assert found.loss.basis == "outcomes"
    assert found.loss.promised > found.loss.gained
    assert "pays within 30 days" in found.findings[0].what
    assert found.findings[0].facts["cost"] == {"value": 100, "basis": "declared"}


def test_without_outcomes_a_flipped_rule_cannot_be_seen(world, reference, marks) -> None:
    assert marks(look(reference, world.rows(600, flipped=True, labelled=False), BY_MONEY)) == {}


def test_other_customers_are_drift_but_no_loss(world, reference, marks) -> None:
    seen = world.rows(2000, shift=0.7)
    assert marks(look(reference, seen, BY_MONEY)) == {
        "drift:features": "info",
        "drift:prediction": "info",
        "drift:target": "info",
    }
    by_effect = marks(look(reference, seen, BY_EFFECT))
    assert set(by_effect.values()) == {"warning"}


def test_fewer_good_customers_without_outcomes_are_an_estimated_loss(world, reference) -> None:
    found = look(reference, world.rows(3000, shift=-1.2, labelled=False), BY_MONEY)
    assert found.loss is not None
    assert found.loss.basis == "calibrated scores"
    gains = reference.asked.gains
    assert gains is not None
    again = world.rows(200_000, shift=-1.2)
    real = gains.realised(again.acted, again.outcomes.truth).mean()
    assert found.loss.gained == pytest.approx(real, abs=3 * 50 / np.sqrt(3000))


def test_the_cost_decides(world, reference, marks) -> None:
    seen = world.rows(600, flipped=True)
    loss = look(reference, seen, BY_MONEY).loss
    assert loss is not None
    assert loss.sure is not None
    for cost, severity in ((0.0, "critical"), (loss.sure * 29, "warning"), (loss.sure * 31, "info")):
        assert marks(look(reference, seen, Terms(cost=Cost(cost, "declared"))))["performance:outcomes"] == severity


def test_where_nobody_knows_how_many_decisions_a_day_the_effect_decides(world, reference, marks) -> None:
    assert marks(look(reference, world.rows(600, flipped=True, per_day=None), BY_MONEY)) == {
        "performance:outcomes": "warning"
    }


def test_too_few_rows_say_nothing(world, reference, marks) -> None:
    assert marks(look(reference, world.rows(60, flipped=True, shift=3), BY_EFFECT)) == {}


def test_no_rows_at_all_say_nothing(reference, marks) -> None:
    empty = Window(0, {}, np.zeros((0, 2)))
    assert marks(look(reference, empty, BY_EFFECT)) == {}
    assert look(reference, empty, BY_EFFECT).to_dict()["rows"] == 0


def test_a_kind_that_must_not_alarm_is_told_as_worth_knowing(world, reference, marks) -> None:
    quiet = replace(BY_EFFECT, quiet=frozenset({"performance"}))
    assert marks(look(reference, world.rows(600, flipped=True), quiet)) == {"performance:outcomes": "info"}


def test_a_column_may_be_left_out(world, reference) -> None:
    terms = DriftTerms(exclude=frozenset({"x"}))
    assert [one.column for one in drifts(reference, reference.columns, world.rows(500, shift=2).columns, terms)] == [
        "plan"
    ]


def test_hundreds_of_columns_of_one_world_are_left_alone(reference) -> None:
    dice = np.random.default_rng(5)
    table = {f"x{n}": pa.array(dice.normal(0, 1, 400)) for n in range(300)}
    shapes = dict.fromkeys(table, reference.columns["x"])
    assert not [one for one in drifts(reference, shapes, table, DriftTerms(effect=1e-9)) if one.drifted]


def test_a_great_many_rows_make_a_small_change_sure_but_not_large(reference) -> None:
    """A shift of a tenth of a deviation in two million rows: every test is sure of it, and nobody wants to know."""
    moved = pa.array(np.random.default_rng(6).normal(0.1, 1, 2_000_000))
    (one,) = drifts(reference, {"x": reference.columns["x"]}, {"x": moved}, DriftTerms())
    assert one.p < 0.01
    assert not one.drifted


def test_a_column_that_always_wanders_may_wander_on() -> None:
    """The reference's own stretches lie far from one another, so one more of them is nothing new."""
    from_its_past = np.repeat(np.random.default_rng(1).normal(0, 1, 40), 250) + np.random.default_rng(2).normal(
        0, 0.1, 10_000
    )
    seen = _reference_of(from_its_past)
    again = pa.array(np.random.default_rng(3).normal(0.5, 0.1, 250))
    (one,) = drifts(seen, seen.columns, {"x": again}, DriftTerms())
    assert one.p < 1e-9
    assert one.distance > 0.1
    assert not one.drifted
    (other,) = drifts(
        _reference_of(np.random.default_rng(4).permutation(from_its_past)), seen.columns, {"x": again}, DriftTerms()
    )
    assert other.drifted


def _reference_of(values: np.ndarray) -> Reference:
    asked = Asked(Question.NUMBER, "y", "rmse")
    return baseline(asked, {"x": pa.array(values)}, pa.array(values), {}, None, 1.0)
