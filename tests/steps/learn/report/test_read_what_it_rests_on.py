"""The report tells what the answers rest on, what the nine facts changed, and whether its figures can be believed."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from mainspring.steps.learn.evaluation.alarms import SENTENCES
from mainspring.steps.learn.report.page import render
from mainspring.steps.learn.report.story import Story

HOSTILE = "<script>alert('x')</script>\"'{a}&"
AUTOMATION = {"name": "retention", "learn": {"target": "churn", "optimise": "roc_auc"}}
LINE = {
    "column": "月收入", "kind": "number", "of": "流失", "rows": 3, "grid": [1.0, 2.0, 3.0], "mean": [0.1, 0.2, 0.4],
    "low": [0.0, 0.1, 0.3], "high": [0.2, 0.3, 0.5], "lines": [[0.1, 0.2, 0.4], [0.0, 0.1, 0.3]],
}  # fmt: skip
BARS = {
    "column": "城市", "kind": "category", "of": "流失", "rows": 3, "grid": ["北京", "", None, 1.0], "mean": [0.5, 0.25, 0.1, 0.1],
    "low": [0.4, 0.2, 0.0, 0.0], "high": [0.6, 0.3, 0.2, 0.2],
}  # fmt: skip
NINE = (
    "data distribution", "sample size", "number of features", "compute at hand", "data quality", "business objective", "accuracy",
    "speed", "ease of deployment",
)  # fmt: skip


class Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def page(**parts: Any) -> str:
    return render(Story(AUTOMATION, **parts))


def words(text: str) -> str:
    reader = Words()
    reader.feed(text)
    return " ".join(" ".join(reader.words).split())


def test_importance_is_drawn_with_its_intervals() -> None:
    text = page(evaluation={"importance": [{"column": "tenure", "value": 0.5, "low": 0.25, "high": 1.0}]})
    assert "margin-left:0.0%;width:50.0%" in text
    assert '<u style="left:25.0%;width:75.0%">' in text
    assert "0.250 – 1" in text


def test_what_is_lost_is_told_and_what_cannot_be_told_from_nothing_too() -> None:
    losses = [
        {"column": "tenure", "value": 0.05, "low": 0.02, "high": 0.08},
        {"column": "plan", "value": 0.01, "low": -0.01, "high": 0.03},
        {"column": "idle", "value": -0.001, "low": -0.01, "high": 0.0},
    ]
    said = words(page(evaluation={"losses": losses}))
    assert "In ROC AUC" in said
    assert "1 of them cannot be told from no loss." in said
    assert "idle" not in said


def test_a_number_has_a_picture_and_words_have_bars() -> None:
    text = page(evaluation={"dependence": [BARS, LINE]})
    said = words(text)
    assert "How the probability of 流失 goes with one column" in said
    assert said.index("月收入") < said.index("城市")
    assert text.count("<figure") == 1
    assert "北京" in said
    assert "∅" in said
    assert "Predicted probability" in said


def test_what_partial_dependence_assumes_is_said() -> None:
    assert "some of these cannot occur" in words(page(evaluation={"dependence": [LINE]}))


def test_columns_that_go_together_have_a_dashed_line() -> None:
    together = LINE | {"with": {"column": "年收入", "correlation": 0.97}, "accumulated": [0.1, 0.15, 0.3]}
    text = page(evaluation={"dependence": [together]})
    assert "It goes with 年收入 (rank correlation 0.97)." in words(text)
    assert 'stroke-dasharray="6,4"' in text
    assert 'stroke-dasharray="6,4"' not in page(evaluation={"dependence": [LINE]})


def test_dates_are_drawn_as_dates_and_negative_numbers_from_zero() -> None:
    dates = LINE | {"kind": "date", "grid": ["2024-01-01", "2024-06-01", "2025-01-01"], "of": None}
    assert "2024-" in words(page(evaluation={"dependence": [dates]}))
    loss = BARS | {"of": None, "mean": [-1.0, 1.0, 0.0, 0.5], "low": [-1.0, 0.5, 0, 0], "high": [-0.5, 1.0, 0, 1]}
    text = page(evaluation={"dependence": [loss]})
    assert "margin-left:0.0%;width:50.0%" in text
    assert "margin-left:50.0%;width:50.0%" in text


def test_nine_facts_each_have_their_card() -> None:
    facts = [{"name": name, "seen": f"saw {name}", "changed": "this and that"} for name in NINE]
    text = page(found={"facts": [*facts[:-1], {**facts[-1], "changed": None}]})
    said = words(text)
    assert all(f"saw {name}" in said for name in NINE)
    assert said.count("→ this and that") == 8
    assert "业务目标" in said


def test_the_plan_stands_beside_what_it_took() -> None:
    plan = {
        "expected": {"seconds": 60, "memory": 4e8, "disk": None},
        "actual": {"seconds": 51.5, "memory": 3.1e8, "disk": 2e6},
    }
    said = words(page(found={"plan": plan}))
    assert re.search(r"60 s 51.5 s .* 400 MB 310 MB .* – 2 MB", said)


def test_what_was_not_found_is_not_told() -> None:
    said = words(page(found={"facts": [], "plan": None, "simple": None}))
    for title in ("Nine facts", "Plan and actual", "Would a simple model do?", "What it rests on", "Over"):
        assert title not in said


@pytest.mark.parametrize(
    ("simple", "told"),
    [
        ({"name": "linear", "score": 0.84, "price": 0.01, "spread": 0.02}, "linear , reaches 0.8400 ( ROC AUC"),
        ({"name": "linear", "score": 0.84, "price": 0.01, "spread": 0.02}, "the simple model would do."),
        ({"name": "linear", "score": 0.8, "price": 0.05, "spread": 0.02}, "being simple has its price."),
        ({"name": "linear", "score": 0.85, "price": 0.0, "spread": 0.02}, "or no better than one."),
        ({"name": "linear", "score": 0.85, "price": 0.1, "spread": None}, "the choice is better by 0.100"),
    ],
)
def test_a_simple_model_is_weighed_against_the_choice(simple: dict[str, Any], told: str) -> None:
    assert told in words(page(found={"simple": simple}))


@pytest.mark.parametrize(
    ("before", "agrees", "told"),
    [
        (0.86, True, "The two agree"),
        (0.95, False, "expect no more than their value"),
        (0.7, False, "they may be easier"),
    ],
)
def test_out_of_fold_stands_beside_the_test(before: float, agrees: bool, told: str) -> None:
    agreed = {
        "metric": "roc_auc",
        "out_of_fold": before,
        "test": 0.85,
        "low": 0.82,
        "high": 0.88,
        "agrees": agrees,
        "far": not agrees,
    }
    metrics = {"roc_auc": {"value": 0.85, "low": 0.82, "high": 0.88}}
    said = words(page(found={"metrics": {"roc_auc": before}}, evaluation={"metrics": metrics, "agreement": agreed}))
    assert told in said
    assert f"0.8500 0.8200 0.8800 {before:.4f}" in said


def test_repeats_show_each_split_and_their_spread() -> None:
    splits = [
        {"metric": "roc_auc", "value": value, "rows": 90, "members": ["linear", "lightgbm"]} for value in (0.8, 0.9)
    ]
    said = words(
        page(evaluation={"repeats": {"metric": "roc_auc", "mean": 0.85, "deviation": 0.0707, "splits": splits}})
    )
    assert "Over 2 splits" in said
    assert "0.8500 on average, 0.071 from split to split." in said
    assert "2 90 0.9000 linear, lightgbm" in said


def test_alarms_come_first_among_the_cautions_with_what_to_do() -> None:
    alarms = [
        {"alarm": "gives_away", "column": HOSTILE, "target": "churn", "score": 0.998},
        {"alarm": "dominant", "column": "paid", "share": 0.95, "metric": "roc_auc", "score": 0.999},
        {"alarm": "gap", "metric": "rmse", "test": 10.0, "before": 5.0},
        {"alarm": "repeated", "count": 20, "rows": 500},
    ]
    assert {alarm["alarm"] for alarm in alarms} == set(SENTENCES)
    said = words(page(evaluation={"alarms": alarms, "rows": 500}))
    assert "paid carries 95 % of the answers, and they are nearly perfect ( ROC AUC" in said
    assert "20 of 500 test rows repeat a training row" in said
    assert said.index("almost surely") < said.index("All figures are measured on")


def test_candidates_of_fewer_folds_stand_below() -> None:
    candidates = [
        {"name": "lucky", "score": 0.99, "folds": 1, "latency_ms": {"p95": 0.1}, "kept": True},
        {"name": "sound", "score": 0.85, "folds": 5, "latency_ms": {"p95": 0.1}, "kept": True, "weight": 1.0},
        {"name": "other", "score": 0.84, "folds": 5, "latency_ms": {"p95": 0.2}, "kept": True},
    ]
    said = words(page(found={"candidates": candidates, "objective": "roc_auc"}))
    said = said[said.index("Leaderboard") :]
    assert said.index("sound") < said.index("other") < said.index("lucky")
    assert "compare them with their like only" in said


def test_names_in_the_picture_do_not_run_into_each_other() -> None:
    places = [(0.1 + i / 1e5, 0.85 + i / 1e6) for i in range(20)] + [(5.0, 0.9)]
    candidates = [
        {"name": f"candidate_{i}", "score": score, "folds": 5, "latency_ms": {"p95": milliseconds}, "kept": True}
        for i, (milliseconds, score) in enumerate(places)
    ]
    text = page(found={"candidates": candidates, "objective": "roc_auc"})
    picture = text[text.index("<figure") : text.index("</figure>")]
    assert picture.count("candidate_") == 2


def test_hostile_words_are_only_words() -> None:
    evil = {
        "importance": [{"column": HOSTILE, "value": 1.0, "low": 0.5, "high": 1.5}],
        "losses": [{"column": HOSTILE, "value": 1.0, "low": 0.5, "high": 1.5}],
        "dependence": [BARS | {"column": HOSTILE, "grid": [HOSTILE] * 4, "of": HOSTILE},
                       LINE | {"with": {"column": HOSTILE, "correlation": 0.9}}],
    }  # fmt: skip
    found = {
        "facts": [dict.fromkeys(("name", "seen", "changed"), HOSTILE)],
        "simple": {"name": HOSTILE, "score": 1, "price": 1, "spread": 1},
    }
    reader = Words()
    reader.feed(page(evaluation=evil, found=found))
    assert reader.tags.count("script") == 1
