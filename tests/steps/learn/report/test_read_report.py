"""A manager opens the report: it is whole, safe, in two languages, and says what is so."""

import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mainspring.measure.profile import profile
from mainspring.steps.learn import report
from mainspring.steps.learn.report.page import render
from mainspring.steps.learn.report.story import Story
from mainspring.steps.learn.report.words import CHINESE

VOID = {"meta", "link", "br", "path", "line", "rect", "circle"}
HOSTILE = "<script>alert('x')</script>\"'{a}&"


class Reader(HTMLParser):
    """Notes tags and words, and that every tag is closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def words(page: str) -> str:
    return " ".join(" ".join(read(page).words).split())


@pytest.fixture(scope="module")
def table() -> pa.Table:
    rng = np.random.default_rng(0)
    tenure = rng.integers(0, 72, 400)
    churn = np.where(rng.random(400) < 0.6 - tenure / 150, "Yes", "No")
    plan = rng.choice(["basic", "家庭", "plus"], 400)
    return pa.table({"customer": np.arange(400), "tenure": tenure, "plan": plan, "churn": churn})


@pytest.fixture(scope="module")
def story(table: pa.Table) -> Story:
    return Story(
        automation={
            "name": "retention",
            "about": "Offer a discount.",
            "source": {"table": "postgresql://ann:hush@db/shop?token=hush", "key": "customer"},
            "prepare": {"protect": {"customer": "pseudonymise"}, "expect": {"tenure": {"min": 0}}},
            "learn": {"target": "churn", "optimise": "profit"},
            "decide": {"gains": {"true_positive": 120.0, "false_positive": -20.0}, "capacity": "200 per day"},
            "act": {
                "offer": {"webhook": "https://u:hush@crm.example/hush?x=hush", "headers": {"Authorization": "hush"}}
            },
        },
        counts={"collected": 400, "duplicates": 3, "unlabelled": 2, "quarantined": 1, "train": 300, "test": 94},
        cleaning=["tenure: 2 blanks were read as missing"],
        profile=profile(table, "churn", "customer").to_dict(),
        found={
            "candidates": [
                {
                    "name": "linear",
                    "score": 32.1,
                    "latency_ms": {"p50": 0.04, "p95": 0.05},
                    "seconds": 1.2,
                    "weight": 0.6,
                    "kept": True,
                    "why_not": None,
                },
                {
                    "name": "forest",
                    "score": 30.0,
                    "latency_ms": {"p50": 2.0, "p95": 2.6},
                    "seconds": 6.0,
                    "weight": 0.4,
                    "kept": False,
                    "why_not": "too slow",
                },
                {"name": "ridge", "score": None, "kept": False, "why_not": "it answers numbers"},
            ],
            "objective": "profit",
            "greater_is_better": True,
            "calibration": "isotonic",
            "seconds": 41.0,
            "kept": [
                {"limit": "time", "declared": 60.0, "measured": 41.0, "ok": True},
                {"limit": "latency", "declared": 0.002, "measured": 0.0031, "ok": False},
            ],
        },
        evaluation={
            "question": "class",
            "rows": 94,
            "classes": ["No", "Yes"],
            "positive": "Yes",
            "metrics": {"roc_auc": {"value": 0.83, "low": 0.74, "high": 0.91}},
            "roc": [[0, 0], [0.2, 0.7], [1, 1]],
            "pr": [[0, 1], [0.5, 0.7], [1, 0.3]],
            "threshold": 0.2,
            "confusion": {"labels": ["No", "Yes"], "counts": [[50, 14], [6, 24]]},
            "calibration": [
                {"predicted": 0.1, "observed": 0.12, "count": 47},
                {"predicted": 0.5, "observed": 0.52, "count": 47},
            ],
            "profit_curve": [[0, -100], [0.4, 2600], [1, 1500]],
            "chosen": {"share": 0.4, "gain": 2600},
            "baselines": {
                "nobody": {"contacted": 0, "gain": -100},
                "everybody": {"contacted": 94, "gain": 1500},
                "top_decile": {"contacted": 10, "gain": 900},
                "mainspring": {"contacted": 38, "gain": 2600},
            },
            "importance": [
                {"column": "tenure", "value": 0.9, "low": 0.8, "high": 1.0},
                {"column": "plan", "value": 0.1, "low": 0.0, "high": 0.2},
            ],
        },
        card={
            "question": "class",
            "target": "churn",
            "positive": "Yes",
            "classes": ["No", "Yes"],
            "input": [["tenure", "int64"]],
            "latency_ms": {"p50": 0.1, "p95": 0.2},
            "memory_mb": 60.0,
            "rows": 300,
            "notes": ["A note."],
        },
        policy={
            "actions": ["none", "offer"],
            "threshold": 0.2,
            "before": [{"then": "none", "condition": "plan == 'plus'", "because": "loyal"}],
            "after": [],
        },
        facts={"version": 1, "run_id": "r1", "libraries": {"polars": "2.1"}, "seed": 0, "hash": "ab" * 32},
    )


@pytest.fixture(scope="module")
def page(story: Story) -> str:
    return render(story)


def test_it_begins_with_what_it_is_worth(page):
    said = words(page)
    assert "it gains 1,100 more than the best simple policy ( Everybody" in said
    assert "多获益" in said
    assert said.index("What it is worth") < said.index("Leaderboard") < said.index("Model card")


def test_limits_that_are_not_kept_are_said(page):
    said = words(page)
    assert "3.10 ms ✗ not kept" in said
    assert "41 s ✓ kept" in said


def test_every_part_has_its_picture(page):
    figures = [attributes["aria-label"] for name, attributes in read(page).tags if name == "figure"]
    titles = [str(figure).split(" · ")[0] for figure in figures]
    assert titles == [
        "Profit by how many are acted on",
        "ROC curve",
        "Precision and recall",
        "Can the probabilities be believed?",
        "How good and how fast",
    ]


def test_it_needs_nothing_from_outside(page):
    addresses = set(re.findall(r"""["'(](https?:)?//[^"')\s]+""", page.replace("http://www.w3.org/2000/svg", "")))
    assert addresses == set()
    assert not any(
        name in ("link", "img", "iframe", "object") or "src" in attributes for name, attributes in read(page).tags
    )
    assert "default-src 'none'" in page


def test_names_of_parts_within_pictures_are_not_shared_between_pictures(page):
    ids = [attributes["id"] for _, attributes in read(page).tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_same_story_gives_the_same_page(story, page):
    assert render(story) == page


def test_both_languages_stand_in_it_and_no_word_is_left_over(page):
    english, chinese = page.count('class="en"'), page.count('class="zh"')
    assert english == chinese > 100
    folder = Path(str(report.__file__)).parent
    files = [*folder.rglob("*.py"), *(folder.parent / "evaluation").glob("*.py")]
    written = "".join(file.read_text(encoding="utf-8") for file in files if file.name != "words.py")
    assert [text for text in CHINESE if f'"{text}"' not in written] == []


def test_secrets_stay_out(page):
    assert "hush" not in page
    assert "crm.example" in page


def test_single_values_of_identifiers_stay_out(table):
    mails = pa.array([f"person{i}@example.com" for i in range(400)])
    found = profile(table.append_column("mail", mails), "churn").to_dict()
    assert "@example.com" not in render(Story({"name": "a"}, profile=found))


def test_only_the_automation_is_needed():
    assert "rules alone" in words(render(Story({"name": "simple"})))


def test_hostile_names_are_only_words(story):
    evil = profile(pa.table({HOSTILE: ["a", "b"] * 50, "t": [HOSTILE, "no"] * 50}), "t").to_dict()
    evaluation = {
        **story.evaluation,
        "positive": HOSTILE,
        "confusion": {"labels": [HOSTILE, "no"], "counts": [[1, 2], [3, 4]]},
        "importance": [{"column": HOSTILE, "value": 1.0}],
        "metrics": {HOSTILE: {"value": 1.0}},
    }
    found = {
        **story.found,
        "candidates": [{**c, "name": HOSTILE, "why_not": HOSTILE} for c in story.found["candidates"]],
    }
    card = {**story.card, "target": HOSTILE, "positive": HOSTILE, "notes": [HOSTILE], "input": [[HOSTILE, HOSTILE]]}
    automation = {**story.automation, "name": HOSTILE, "about": HOSTILE, "act": {HOSTILE: {"file": HOSTILE}}}
    page = render(
        replace(
            story,
            automation=automation,
            cleaning=[HOSTILE],
            profile=evil,
            found=found,
            evaluation=evaluation,
            card=card,
        )
    )
    assert [name for name, _ in read(page).tags].count("script") == 1
    assert "alert('x')" in words(page)


def test_broken_characters_do_not_break_the_page():
    page = render(Story({"name": "a\ud800\x00\u202eb", "about": "x" * 1_000_000}))
    page.encode()
    assert "a���b" in page
    assert len(page) < 100_000


def test_ten_thousand_columns_are_a_page_still(story):
    column = next(c for c in story.profile["columns"] if c["name"] == "tenure")
    columns = [{**column, "name": f"column_{i}"} for i in range(10_000)]
    lines = [{"column": f"column_{i}", "value": i / 10_000} for i in range(10_000)]
    page = render(
        replace(
            story, profile={**story.profile, "columns": columns}, evaluation={**story.evaluation, "importance": lines}
        )
    )
    assert len(page.encode()) < 3_000_000
    assert "60 of 10,000 columns are shown" in words(page)
    assert "column_9999" in page


def test_a_hundred_classes_show_the_commonest_and_what_is_mixed_up(story):
    counts = np.diag(np.arange(100, 200))
    counts[7, 8] = 66
    confusion = {"labels": [f"c{i}" for i in range(100)], "counts": counts.tolist()}
    said = words(render(replace(story, evaluation={"rows": 15_000, "confusion": confusion})))
    assert "The 12 most frequent of 100 classes." in said
    assert "c7 c8 66" in said


def test_numbers_have_errors_instead(story):
    rng = np.random.default_rng(1)
    pairs = [[float(x), float(x + e)] for x, e in zip(rng.normal(50, 9, 3000), rng.normal(0, 2, 3000), strict=True)]
    evaluation = {
        "question": "number",
        "rows": 3000,
        "metrics": {"rmse": {"value": 2.0}},
        "residuals": [*pairs, [math.nan, 1.0]],
    }
    card = {**story.card, "question": "number", "positive": None, "classes": []}
    page = render(replace(story, evaluation=evaluation, card=card, found={**story.found, "greater_is_better": False}))
    assert {"Predicted and true", "Errors"} <= set(re.findall(r'aria-label="([^"·]*) ·', page))
    assert len(page) < 600_000


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_a_model_that_is_always_off_by_the_same_has_a_picture(value):
    pairs = [[1.0, 1.0 + value]] * 5
    assert "Errors" in render(
        Story({"name": "a"}, evaluation={"residuals": pairs, "metrics": {"r2": {"value": math.nan}}})
    )


def test_rows_that_went_astray_are_admitted(story):
    assert "differ from that by 94" in words(render(replace(story, counts={**story.counts, "test": 0})))
    assert "All are accounted for" in words(render(story))
