"""Two columns are read together: none of them tells by itself whether they ask the same."""

import random
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring.measure.profile import Profile
from mainspring.model import Question, open_model, seal
from mainspring.run.kinds import KINDS
from mainspring.steps.learn import checks
from mainspring.steps.learn.checks import check_learner, check_model
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.text import kinds
from mainspring.steps.learn.text.encoded.vectors import vectors
from mainspring.steps.learn.text.encoder.places import folder_of
from mainspring.steps.learn.text.encoder.tokens import Tokens
from mainspring.steps.learn.text.encoder.weights import TOKENIZER

for library in (*kinds.ENCODING, *kinds.WEIGHTS):
    pytest.importorskip(library)

GOAL = Goal(Question.CLASS, "same", "log_loss", ("no", "yes"), "yes", seed=1, pair=("one", "other"))
ASKED = {
    "english": (
        ("where is my parcel", "when does my order arrive", "has my package been sent", "how long is shipping"),
        ("how do I get my money back", "can I return this", "I want a refund", "who pays me back"),
        ("I forgot my password", "how do I log in again", "reset my login please", "my account is locked"),
        ("when do you open", "are you open on Sunday", "what are your opening hours", "how late can I come"),
    ),
    "chinese": (
        ("我的快递到哪里了", "包裹什么时候到", "物流信息在哪里查", "我的包裹还没有收到"),
        ("怎么申请退款", "我想把钱退回来", "退货以后多久退钱", "可以退货退款吗"),
        ("我忘记密码了", "怎么重新登录", "如何重置登录密码", "账号登录不上去"),
        ("你们几点开门", "周日营业吗", "营业时间是几点", "最晚几点可以来"),
    ),
}  # fmt: skip
ENCODERS = {"english": "english", "chinese": "multilingual"}


def pairs(count: int, seed: int, language: str) -> pa.Table:
    """``one``, ``other`` and whether they ask the ``same``; every question is in as many pairs that do as in such that do not."""
    dice = random.Random(seed)
    rows: list[dict[str, str]] = []
    for number in range(count):
        subject, another = dice.sample(ASKED[language], 2)
        one, other = dice.sample(subject, 2)
        rows.append({"one": one, "other": other, "same": "yes"} if number % 2 == 0 else
                    {"one": one, "other": dice.choice(another), "same": "no"})  # fmt: skip
    return pa.Table.from_pylist(rows)


def right(model: Any, table: pa.Table) -> float:
    answers = model.predict(table)["prediction"].to_pylist()
    return float(np.mean([a == b for a, b in zip(answers, table["same"].to_pylist(), strict=True)]))


def chances(model: Any, table: pa.Table) -> Any:
    return model.predict(table)["probability_yes"].to_numpy()


def budget(seconds: float = 60.0) -> Budget:
    return Budget(time.monotonic() + seconds, 2)


def learned(name: str, settings: Mapping[str, Any], language: str, goal: Goal = GOAL) -> Any:
    rows = 300
    return learner_named(name, settings=settings).fit(
        pairs(rows, 0, language), pairs(60, 1, language), goal, budget(180.0)
    )


@pytest.mark.parametrize("language", ASKED)
def test_vectors_tell_together_what_they_do_not_tell_one_by_one(language: str) -> None:
    settings, test = {"encoder": ENCODERS[language]}, pairs(200, 2, language)
    assert right(learned("encoder_linear", settings, language), test) > 0.75
    assert right(learned("encoder_linear", settings, language, replace(GOAL, pair=None)), test) < 0.65


@pytest.mark.slow
def test_a_tuned_encoder_reads_both_in_one_go(tmp_path: Path) -> None:
    model = learned("encoder_tuned", {"encoder": "english", "epochs": 5, "longer": False}, "english")
    test = pairs(100, 2, "english")
    assert right(model, test) > 0.8
    model.save(tmp_path)
    opened = open_model(tmp_path, KINDS, seal(tmp_path))
    assert chances(opened, test) == pytest.approx(chances(model, test), abs=1e-5)
    one = opened.predict_one(test.to_pylist()[0])
    assert one["probability_yes"] == pytest.approx(chances(model, test)[0], abs=1e-5)


def test_words_that_both_have_tell_that_they_are_alike() -> None:
    dice = random.Random(0)
    words = [f"{a}{b}" for a in ("ka", "lo", "mi", "ru", "te") for b in ("na", "so", "vi", "xe", "po", "du")]

    def rows(count: int) -> pa.Table:
        made: list[dict[str, str]] = []
        for number in range(count):
            one = dice.sample(words, 4)
            other = dice.sample(one, 4) if number % 2 else dice.sample([word for word in words if word not in one], 4)
            made.append({"one": " ".join(one), "other": " ".join(other), "same": "yes" if number % 2 else "no"})
        return pa.Table.from_pylist(made)

    learner, train, test = learner_named("tfidf_linear"), rows(300), rows(200)
    assert right(learner.fit(train, rows(60), GOAL, budget()), test) > 0.95
    assert right(learner.fit(train, rows(60), replace(GOAL, pair=None), budget()), test) < 0.7


@pytest.mark.parametrize("name", ["tfidf_linear", "encoder_linear"])
def test_learner_and_model_keep_the_contract(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "TOLERANCE", 1e-6)
    train, valid = pairs(120, 0, "english"), pairs(40, 1, "english")
    learner = learner_named(name)
    assert check_learner(learner, train, valid, GOAL, budget()) == []
    model = learner.fit(train, valid, GOAL, budget())
    assert check_model(model, valid.slice(0, 30).drop_columns(["same"]), KINDS) == []


@pytest.mark.parametrize("name", ["tfidf_linear", "encoder_linear"])
def test_each_of_the_two_has_half_of_what_they_add_together(name: str) -> None:
    model: Any = learner_named(name).fit(pairs(120, 0, "english"), None, GOAL, budget())
    test = pairs(30, 2, "english").drop_columns(["same"])
    told, yes = model.explain(test), chances(model, test)
    spread = np.log(yes / (1 - yes)) - told["one"].to_numpy() - told["other"].to_numpy()
    assert told.column_names == ["one", "other"]
    assert spread == pytest.approx(np.full(len(spread), spread[0]), abs=1e-5)


@pytest.mark.parametrize("name", ["tfidf_linear", "encoder_linear"])
def test_odd_pairs_are_answered(name: str) -> None:
    model = learner_named(name).fit(pairs(60, 0, "english"), None, GOAL, budget())
    odd = [None, "", " ", "\x00\u200b", "😀" * 500, "x" * 1_000_000, "\ud800", "ＡＢＣ退款"]
    table = [{"one": one, "other": other} for one in odd for other in ("when do you open", None)]
    for row in table:
        assert model.predict_one(row)["prediction"] in ("no", "yes")


def test_the_longer_text_is_cut_first_and_segments_are_told() -> None:
    tokens = Tokens.open(folder_of("english") / TOKENIZER, 32)
    [found] = tokens.of([("where is my parcel", "word " * 500)])
    assert len(found.ids) == 32
    assert found.type_ids.count(0) == 6  # the first text is whole, with the marks at its ends
    whole = Tokens.open(folder_of("english") / TOKENIZER, 32).of(["where is my parcel"])[0]
    assert found.ids[:6] == whole.ids


def test_two_texts_the_other_way_round_are_others() -> None:
    known = vectors("english")
    one, other = ["where is my parcel"], ["when do you open"]
    assert np.abs(known.of_pairs(one, other) - known.of_pairs(other, one)).max() > 1e-3
    assert (known.of_pairs([None], [" "]) == 0.0).all()


def test_what_lays_single_texts_together_takes_no_part() -> None:
    assert (
        learner_named("encoder_contrastive").fits(GOAL, Profile(rows=10))
        == "it lays single texts together, not pairs of them"
    )
