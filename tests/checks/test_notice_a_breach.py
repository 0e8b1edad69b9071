"""The checks bite: a model that breaks one promise is told which."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring.model import ModelCard
from mainspring.steps.learn.checks import check_learner, check_model
from mainspring.steps.learn.kinds import MODELS
from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.tabular.scores import Scores


class Breach:
    """A sound model, of which one answer is spoiled."""

    def __init__(self, sound: Scores, **spoiled: Callable[..., Any]) -> None:
        self.sound = sound
        self.card: ModelCard = sound.card
        self._spoiled = spoiled

    def predict(self, table: pa.Table) -> pa.Table:
        return self._spoiled.get("many", lambda _, answer: answer)(table, self.sound.predict(table))

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._spoiled.get("one", lambda _, answer: answer)(record, self.sound.predict_one(record))

    def predict_each(self, records: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        spoil = self._spoiled.get("each", lambda answer: answer)
        names = self.card.input.names
        rows = pa.table({name: [record.get(name) for record in records] for name in names}, schema=self.card.input)
        return [spoil(answer) for answer in self.sound.predict(rows).to_pylist()]

    def save(self, folder: Path) -> None:
        self._spoiled.get("save", self.sound.save)(folder)


def forgets_a_row(_: pa.Table, answer: pa.Table) -> pa.Table:
    return answer.slice(0, max(0, len(answer) - 1))


def is_too_sure(_: pa.Table, answer: pa.Table) -> pa.Table:
    return answer.set_column(1, "probability_no", pa.array(np.full(len(answer), 0.9)))


def throws_dice(_: pa.Table, answer: pa.Table) -> pa.Table:
    return answer.set_column(1, "probability_no", pa.array(np.random.default_rng().random(len(answer))))


def goes_by_place(table: pa.Table, answer: pa.Table) -> pa.Table:
    return answer if table.column_names[0] == "age" else answer.take(pa.array(np.arange(len(answer))[::-1]))


def hoards(_: pa.Table, answer: pa.Table) -> pa.Table:
    return answer if np.ones((len(answer), 3000)).all() else answer.slice(0, 0)


def rounds(_: Mapping[str, Any], answer: Mapping[str, Any]) -> Mapping[str, Any]:
    return {k: round(v, 3) if isinstance(v, float) else v for k, v in answer.items()}


def tidies_up(record: dict[str, Any], answer: Mapping[str, Any]) -> Mapping[str, Any]:
    record.clear()
    return answer


def turns_round(answer: dict[str, Any]) -> Mapping[str, Any]:
    return answer | {"probability_no": answer["probability_yes"], "probability_yes": answer["probability_no"]}


BREACHES = [
    ({"one": rounds}, "one_equals_many"),
    ({"each": turns_round}, "each_equals_many"),
    ({"many": forgets_a_row}, "a_row_a_row"),
    ({"many": is_too_sure}, "probabilities_are_ones"),
    ({"many": throws_dice}, "is_pure"),
    ({"one": tidies_up}, "is_pure"),
    ({"many": goes_by_place}, "columns_in_any_order"),
    ({"many": hoards}, "memory_is_bounded"),
]


@pytest.mark.parametrize(("spoiled", "promise"), BREACHES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_breach_is_noticed(make: Callable[[str, str], Any], spoiled: Any, promise: str) -> None:
    _, sound, _, valid, _ = make("linear", "two classes")
    table = valid.drop_columns(["y"])
    try:
        found = check_model(Breach(sound, **spoiled), table, MODELS)
    except (ValueError, KeyError) as error:  # an answer so wrong that it cannot be compared
        found = [f"{promise}: {error}"]
    assert any(complaint.startswith(promise) for complaint in found), found


def test_a_model_saved_as_another_is_noticed(make: Callable[[str, str], Any]) -> None:
    _, sound, _, valid, _ = make("linear", "two classes")
    _, other, _, _, _ = make("decision_tree", "two classes")
    found = check_model(Breach(sound, save=other.save), valid.drop_columns(["y"]), MODELS)
    assert any(complaint.startswith("opens as it was saved") for complaint in found)


def test_a_learner_that_changes_its_mind_is_noticed(make: Callable[[str, str], Any], budget: Budget) -> None:
    learner, _, train, valid, goal = make("linear", "two classes")

    class Moody:
        name = "moody"

        def fits(self, *_: Any) -> str:
            return ""

        def fit(self, *arguments: Any) -> Breach:
            return Breach(learner.fit(*arguments), many=throws_dice)

    found = check_learner(Moody(), train, valid, goal, budget)  # type: ignore[arg-type]
    assert any("fits() answers ''" in complaint for complaint in found)
    assert any("answers differently" in complaint for complaint in found)
