"""A row that asks for what no class stands for is noticed, by a threshold told from rows in scope alone."""

import numpy as np
import pyarrow as pa
import pytest

from mainspring.automation.learn import Learn, Split
from mainspring.model import open_model, seal
from mainspring.steps.learn.blend.scope import Scope, certainty, without_own
from mainspring.steps.learn.blend.scoping import scope_of
from mainspring.steps.learn.checks import check_model
from mainspring.steps.learn.kinds import MODELS
from mainspring.steps.learn.text.rows import Rows
from mainspring.steps.prepare.kinds import TRANSFORMS

WORDS = {
    "card": ("card", "plastic", "pin", "chip", "contactless"), "loan": ("loan", "mortgage", "instalment", "credit", "debt"),
    "transfer": ("transfer", "payee", "iban", "wire", "remittance"), "login": ("password", "login", "locked", "email", "code"),
}  # fmt: skip
FRAMES = (
    "please help me with my {} and {}",
    "a question about {} or {}",
    "the {} is wrong, what of the {}?",
    "{} {} does not work",
)


def messages(rows: int = 320, seed: int = 0) -> pa.Table:
    dice = np.random.default_rng(seed)
    about = dice.choice(list(WORDS), rows)
    texts = [str(dice.choice(FRAMES)).format(*dice.choice(WORDS[a], 2, replace=False)) for a in about]
    return pa.table({"text": [f"{text} {i}" for i, text in enumerate(texts)], "about": list(about)})


@pytest.fixture
def found(find):
    declared = Learn(target="about", candidates=["tfidf_linear"], out_of_scope=0.05, split=Split(folds=3))
    return find(messages(), declared, out_of_scope=0.05)


def test_rows_in_scope_are_kept_and_others_noticed(found) -> None:
    asked = found.model.predict(messages(200, seed=1).drop_columns(["about"]))
    assert asked.column_names[-1] == "out_of_scope"
    assert np.mean(asked["out_of_scope"].to_pylist()) < 0.2
    strange = ["will it rain tomorrow", "sing a song for the children", "两点半的火车", "", None]
    assert found.model.predict(pa.table({"text": strange}))["out_of_scope"].to_pylist() == [True] * 5


def test_the_model_keeps_the_contract_and_opens_again(found, tmp_path) -> None:
    table = messages(40, seed=2).drop_columns(["about"])
    kinds = {**MODELS, **TRANSFORMS}
    assert check_model(found.model, table, kinds) == []
    found.model.save(tmp_path)
    assert open_model(tmp_path, kinds, seal(tmp_path)).predict(table) == found.model.predict(table)


@pytest.mark.parametrize("detector", ["likeliest", "margin", "entropy"])
def test_who_is_sure_is_familiar(detector: str) -> None:
    sure, less, unsure = certainty(detector, np.array([[0.98, 0.01, 0.01], [0.6, 0.3, 0.1], [1 / 3, 1 / 3, 1 / 3]]))
    assert sure > less > unsure


def test_without_its_own_class_a_row_has_the_shares_of_the_others() -> None:
    assert without_own(np.array([[0.5, 0.4, 0.1]]), [0]).tolist() == [[0.0, pytest.approx(0.8), pytest.approx(0.2)]]
    assert np.isfinite(without_own(np.array([[1.0, 0.0, 0.0]]), [0])).all()


@pytest.mark.parametrize("classes", [2, 5])
def test_the_threshold_lets_the_declared_share_go(classes: int) -> None:
    dice = np.random.default_rng(0)
    truth = dice.integers(0, classes, 2000)
    chances = dice.dirichlet(np.ones(classes), 2000)
    chances[np.arange(2000), truth] += 2.0
    chances /= chances.sum(axis=1, keepdims=True)
    rows = Rows(np.zeros((2000, 1)))
    scope = scope_of(chances, truth, 0.9, [], rows)
    assert np.mean(scope.beside(rows, chances)) == pytest.approx(0.1, abs=0.002)
    assert (classes == 2) == (not scope.compared)
    assert all(0.5 < auc <= 1.0 for auc in scope.compared.values())
    assert Scope.from_dict(scope.to_dict(), None) == scope
