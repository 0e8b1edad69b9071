"""Search: from raw rows to a model that keeps the limits."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from wayward_learners import Blinkered, Wayward

from mainspring.automation.learn import Learn, Limits, Split
from mainspring.errors import LearnError, LimitTooTight, QualityError, SpecError
from mainspring.measure.gains import Gains
from mainspring.model import Prepared, open_model, seal
from mainspring.steps.learn.kinds import MODELS
from mainspring.steps.learn.tabular.paired.fit import LACKING
from mainspring.steps.prepare.kinds import TRANSFORMS

QUICK = ["linear", "decision_tree"]


def leaving(**declared) -> Learn:
    return Learn(target="leaves", candidates=QUICK, exclude=["spent"], split=Split(folds=3), **declared)


def test_two_classes(find, customers) -> None:
    table = customers()
    found = find(table, leaving(optimise="roc_auc"))
    assert {c.name: c.why_not for c in found.candidates} == dict.fromkeys(QUICK)
    assert [c.rank for c in found.candidates] == sorted((c.rank for c in found.candidates), reverse=True)
    assert sum(c.weight for c in found.candidates) == pytest.approx(1.0)
    assert found.metrics["roc_auc"] >= max(c.metrics["roc_auc"] for c in found.candidates) - 0.02
    assert found.oof.shape == (len(table), 2)
    assert sorted(found.rows) == list(range(len(table)))
    assert [table["leaves"][int(row)].as_py() == "yes" for row in found.rows] == found.truth.tolist()
    assert found.model.card.positive == "yes"
    assert found.model.card.metrics == found.metrics
    assert all(0 < c.spread < 0.2 for c in found.candidates)
    assert found.model.card.latency_ms["p95"] > 0
    answer = found.model.predict(table.slice(0, 3))
    assert answer.column_names == ["prediction", "probability_no", "probability_yes"]
    assert [found.model.predict_one(row) for row in table.slice(0, 3).to_pylist()] == [
        pytest.approx(row) for row in answer.to_pylist()
    ]
    json.dumps(found.to_dict())


def test_what_was_found_is_saved_and_opened(find, customers, tmp_path: Path) -> None:
    table = customers()
    model: Prepared = find(table, leaving()).model
    model.save(tmp_path)
    opened = open_model(tmp_path, {**MODELS, **TRANSFORMS}, seal(tmp_path))
    assert opened.predict(table) == model.predict(table)
    assert opened.card.training_seconds == model.card.training_seconds


def test_a_number(find, customers) -> None:
    declared = Learn(target="spent", candidates=["linear", "least_squares"], exclude=["leaves"], split=Split(folds=3))
    found = find(customers(), declared)
    assert found.objective == "rmse"
    assert found.metrics["rmse"] == pytest.approx(5, abs=1)
    assert found.calibration == "none"
    assert found.oof.shape == (240, 1)


def test_many_classes(find, customers) -> None:
    found = find(customers(), Learn(target="plan", candidates=QUICK, split=Split(folds=3)))
    assert found.model.card.classes == ("a", "b", "c")
    assert found.oof.sum(axis=1) == pytest.approx(1.0)
    assert "average_precision" not in found.metrics


def test_profit_is_optimised_where_there_are_gains(find, customers) -> None:
    gains = Gains(("none", "offer"), ("no", "yes"), ((0, -100), (-20, 120)))
    found = find(customers(), leaving(), gains=gains)
    assert found.objective == "profit"
    assert found.metrics["profit"] > 0


def test_weights_change_what_is_learned(find, customers) -> None:
    table = customers()
    heavy = np.where(np.array(table["leaves"].to_pylist()) == "yes", 10.0, 1.0)
    weighted = find(table.append_column("worth", pa.array(heavy)), leaving(weight="worth", optimise="log_loss"))
    plain = find(table, leaving(optimise="log_loss"))
    assert weighted.oof[:, 1].mean() > plain.oof[:, 1].mean() + 0.1
    assert "worth" not in weighted.model.transform.output.names


@pytest.mark.parametrize(("rows", "folds"), [(3_000, 5), (16_000, 2), (9_000, 4)])
def test_of_many_rows_fewer_folds_judge(find, customers, rows: int, folds: int) -> None:
    declared = Learn(target="spent", candidates=["least_squares"], exclude=["leaves"])
    found = find(customers(rows), declared)
    assert len(found.rows) == rows // 5 * folds
    assert found.candidates[0].folds == folds


def test_of_a_rare_class_more_folds_judge(find, customers) -> None:
    table = customers(16_000)
    rare = np.where(np.random.default_rng(0).random(16_000) < 0.01, "yes", "no")
    table = table.set_column(table.column_names.index("leaves"), "leaves", pa.array(rare))
    declared = Learn(target="leaves", candidates=["decision_tree"], exclude=["spent"])
    assert len(find(table, declared).rows) == 16_000


@pytest.mark.parametrize("bad", [-1.0, None])
def test_weights_that_are_none_are_refused(find, customers, bad: float | None) -> None:
    table = customers()
    weights = pa.array([bad, *[1.0] * (len(table) - 1)], pa.float64())
    with pytest.raises(QualityError, match="weights must be finite"):
        find(table.append_column("worth", weights), leaving(weight="worth"))


def test_the_same_seed_finds_the_same(find, customers) -> None:
    declared = leaving(seed=3, optimise="log_loss", limits=Limits(time=900))
    first, again = (find(customers(), declared) for _ in range(2))
    assert not first.clocked.decided
    assert np.array_equal(first.oof, again.oof)
    assert first.model.card.notes == again.model.card.notes
    assert first.model.predict(customers()) == again.model.predict(customers())


def test_progress_only_goes_forward(find, customers) -> None:
    told: list[tuple[str, float]] = []
    find(customers(), leaving(), progress=lambda what, share: told.append((what, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    assert any("best so far" in what for what, _ in told)


def test_an_unknown_candidate_is_named_with_the_nearest(find, customers) -> None:
    with pytest.raises(SpecError, match="did you mean 'lightgbm'"):
        find(customers(), Learn(target="leaves", candidates=["lightgbn"]))


def test_candidates_that_do_not_fit_are_listed_with_the_reason(find, customers) -> None:
    found = find(customers(), Learn(target="leaves", candidates=["linear", "least_squares"], exclude=["spent"]))
    assert {c.name: c.why_not for c in found.candidates}["least_squares"] == "it answers numbers only"
    with pytest.raises(LearnError, match="no candidate fits"):
        find(customers(), Learn(target="leaves", candidates=["least_squares"]))


def test_a_slow_answer_is_left_out_by_the_latency_limit(find, customers) -> None:
    slow = Wayward("slow", "ponder", 0.02)
    found = find(customers(), leaving(limits=Limits(latency="15ms")), learners=(slow,))
    listed = {c.name: c for c in found.candidates}
    assert listed["slow"].why_not == "alone it is slower than the latency limit"
    assert listed["slow"].weight == 0
    latency = next(k for k in found.kept if k.limit == "latency")
    assert latency.ok
    assert latency.measured <= 0.015


def test_without_a_limit_a_slow_candidate_that_is_no_better_finds_no_room(find, customers) -> None:
    found = find(customers(), leaving(), learners=(Wayward("slow", "ponder", 0.02),))
    listed = {c.name: c for c in found.candidates}
    assert listed["slow"].why_not is None
    assert listed["slow"].weight == 0
    assert sum(c.weight for c in found.candidates) == pytest.approx(1.0)


@pytest.mark.parametrize(("seconds", "together"), [(0.005, True), (0.04, False)])
def test_beside_a_slow_one_that_is_best_there_is_room_for_as_much_again(find, seconds, together) -> None:
    dice = np.random.default_rng(0)
    columns = {f"{side}{number}": dice.normal(size=300) for side in ("left", "right") for number in range(8)}
    total = sum(column * (1.2 if name.startswith("left") else 1.0) for name, column in columns.items())
    table = pa.table({**columns, "sum": total})
    declared = Learn(target="sum", candidates=["decision_tree"], split=Split(folds=3))
    learners = Blinkered("left", "left", 0.02), Blinkered("right", "right", seconds)
    found = find(table, declared, learners=learners)
    assert all(c.latency_ms["p50"] > 1.0 for c in found.candidates if c.name in ("left", "right"))
    taken = {c.name for c in found.candidates if c.weight}
    assert "left" in taken
    assert ("right" in taken) is together


@pytest.mark.parametrize("limit", ["latency", "memory"])
def test_a_limit_that_cannot_be_kept_is_answered_with_one_that_can(find, customers, limit: str) -> None:
    slow = (Wayward("slow", "ponder", 0.02),)
    declared = Learn(target="leaves", candidates=["least_squares"], exclude=["spent"], split=Split(folds=2))
    tight = declared.model_copy(update={"limits": Limits(**{limit: "10us" if limit == "latency" else "1kB"})})
    with pytest.raises(LimitTooTight, match=f"no model keeps the {limit} limit") as caught:
        find(customers(), tight, learners=slow)
    assert caught.value.where == f"learn.limits.{limit}"
    nearest = caught.value.remedy.rpartition(" ")[2]
    found = find(customers(), declared.model_copy(update={"limits": Limits(**{limit: nearest})}), learners=slow)
    assert next(k for k in found.kept if k.limit == limit).ok


def test_found_tells_what_was_kept(find, customers) -> None:
    found = find(customers(), leaving(limits=Limits(time="60s", memory="2GB")))
    assert {k.limit: k.ok for k in found.kept} == {"time": True, "memory": True}
    assert replace(found.kept[0]).to_dict()["declared"] == 60.0


@pytest.mark.slow
def test_the_whole_portfolio_in_processes(find, customers, processes) -> None:
    declared = Learn(target="leaves", exclude=["spent"], split=Split(folds=3), limits=Limits(time="60s"))
    found = find(customers(600), declared, executor=processes)
    why_not = {c.name: c.why_not for c in found.candidates if c.why_not}
    asked_for = {name: reason for name, reason in why_not.items() if "learn.framework" in reason}
    assert set(asked_for) >= {"network", "small_network", "linear_network"}
    drawn = {name for name in why_not if "~" in name}
    assert {why_not[name] for name in why_not.keys() - asked_for - drawn} == {
        "it answers numbers only", LACKING, "there is no column of free text",
    }  # fmt: skip
    assert found.metrics["log_loss"] <= max(c.rank for c in found.candidates if c.rank) * -1 + 0.02


def test_nine_facts_are_told_with_what_they_changed(find, customers) -> None:
    found = find(customers(), leaving(limits=Limits(latency="50ms")))
    facts = {fact.name: fact for fact in found.facts}
    assert list(facts) == [
        "data distribution", "sample size", "number of features", "compute at hand", "data quality",
        "business objective", "accuracy", "speed", "ease of deployment",
    ]  # fmt: skip
    assert "240 rows" in facts["sample size"].seen
    assert "3 folds" in facts["sample size"].changed
    assert facts["speed"].seen == "a row may take 50 ms"
    assert all(fact.seen and fact.changed for fact in found.facts)


def test_the_logarithm_is_told_where_it_took_part(find, customers) -> None:
    table = customers()
    grown = table.set_column(4, "spent", pa.array(np.exp(np.array(table["spent"].to_pylist()) / 30)))
    declared = Learn(target="spent", candidates=["linear", "linear_log"], exclude=["leaves"], split=Split(folds=3))
    found = find(grown, declared)
    assert found.facts[0].changed == "its logarithm is learned too: linear_log"


def test_only_what_a_person_can_read(find, customers) -> None:
    names = ["linear", "decision_tree", "additive", "lightgbm", "extra_trees"]
    declared = Learn(
        target="leaves", candidates=names, exclude=["spent"], split=Split(folds=3), limits=Limits(interpretable=True)
    )
    found = find(customers(), declared)
    chosen = [c for c in found.candidates if c.weight]
    assert len(chosen) == 1
    assert chosen[0].name in ("linear", "decision_tree", "additive")
    left_out = {c.name: c.why_not for c in found.candidates if c.name in ("lightgbm", "extra_trees")}
    assert all("interpretable" in str(reason) and "additive_log" in str(reason) for reason in left_out.values())
    assert found.simple is not None
    assert (found.simple.name, found.simple.price) == (chosen[0].name, 0.0)


def test_nothing_that_a_person_can_read_among_the_candidates(find, customers) -> None:
    declared = Learn(target="leaves", candidates=["lightgbm"], limits=Limits(interpretable=True))
    with pytest.raises(LearnError, match="no candidate fits") as refused:
        find(customers(), declared)
    assert "linear" in refused.value.remedy


def test_an_additive_model_asks_one_column_a_tree(find, customers) -> None:
    found = find(customers(), Learn(target="spent", candidates=["additive"], exclude=["leaves"], split=Split(folds=2)))
    trees = found.model.model.members[0].trees.split("\nTree=")[1:]
    assert trees
    assert all("num_leaves=2" in tree or "num_leaves=1" in tree for tree in trees)


def test_what_a_simple_model_would_cost(find, customers) -> None:
    table = customers()
    found = find(
        table,
        Learn(target="leaves", candidates=["linear", "lightgbm", "catboost"], exclude=["spent"], split=Split(folds=3)),
    )
    simple = found.simple
    assert simple is not None
    assert simple.name == "linear"
    line = next(c for c in found.candidates if c.name == "linear")
    if line.folds == 3:
        assert simple.score == pytest.approx(line.metrics[found.objective])
        assert simple.price == pytest.approx(simple.score - found.metrics[found.objective])
    assert found.to_dict()["simple"]["name"] == "linear"


def test_without_a_readable_candidate_there_is_no_simple_one(find, customers) -> None:
    found = find(customers(), Learn(target="leaves", candidates=["lightgbm"], exclude=["spent"], split=Split(folds=2)))
    assert found.simple is None
    assert found.to_dict()["simple"] is None
