"""Every learner and every model, whatever its kind, keeps the same contract."""

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.model import open_model, seal
from mainspring.steps.learn.checks import check_learner, check_model
from mainspring.steps.learn.kinds import LEARNERS, MODELS
from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.tabular.answers import matrix_of


def test_every_learner_keeps_the_contract(case: Any, budget: Budget, capfd: pytest.CaptureFixture[str]) -> None:
    learner, _, train, valid, goal = case
    assert check_learner(learner, train, valid, goal, budget) == []
    assert check_learner(learner, train, None, goal, budget) == []
    assert capfd.readouterr() == ("", "")


def test_every_model_keeps_the_contract(case: Any, capfd: pytest.CaptureFixture[str]) -> None:
    _, model, _, valid, _ = case
    assert check_model(model, valid.drop_columns(["y"]), MODELS) == []
    assert capfd.readouterr() == ("", "")


def test_learner_and_model_travel_to_another_process(case: Any) -> None:
    learner, model, _, valid, _ = case
    assert pickle.loads(pickle.dumps(learner)) == learner
    assert pickle.loads(pickle.dumps(model)).predict(valid) == model.predict(valid)


NUMBER = st.floats(width=64) | st.none() | st.sampled_from([0.0, 1e9, -1e9, 3.5e38, -3.5e38, 1e-320])
CODE = st.integers(-1, 12) | st.none()
RECORD = st.fixed_dictionaries(
    {}, optional={"age": NUMBER, "income": NUMBER, "rate": NUMBER, "always": NUMBER, "plan": CODE, "region": CODE}
)


@given(data=st.data())
@pytest.mark.parametrize("name", [name for name, place in LEARNERS.items() if ".tabular." in place])
def test_any_record_is_answered_as_a_row_of_a_table(
    make: Callable[[str, str], Any], name: str, data: st.DataObject
) -> None:
    _, model, train, _, _ = make(name, "a number" if name == "least_squares" else "two classes")
    records = data.draw(st.lists(RECORD, min_size=1, max_size=4))
    blank = dict.fromkeys(model.card.input.names)
    rows = type(train).from_pylist([{**blank, **record} for record in records], schema=model.card.input)
    many = model.scores(matrix_of(rows, model.card.input))
    assert np.isfinite(many).all()
    for record, row in zip(records, model.predict(rows).to_pylist(), strict=True):
        one = model.predict_one(record)
        assert one.pop("prediction") == (
            row.pop("prediction") if model.card.classes else pytest.approx(row.pop("prediction"))
        )
        assert one == pytest.approx(row, rel=1e-9, abs=1e-12)


def test_a_changed_model_is_not_opened(case: Any, tmp_path: Any) -> None:
    _, model, _, valid, _ = case
    model.save(tmp_path)
    seal(tmp_path)
    assert open_model(tmp_path, MODELS).predict(valid) == model.predict(valid)
