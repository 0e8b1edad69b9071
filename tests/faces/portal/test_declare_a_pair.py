"""Two texts of a dropped table are to be read together: asked by a form, declared, learned."""

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mainspring.faces.portal.running import declaring

TABLE = pa.table(
    {
        "id": [f"Q{n}" for n in range(40)],
        "question": [f"where is parcel {n}" for n in range(40)],
        "before": [f"my parcel {n % 7} is late" for n in range(40)],
        "number": [str(n) for n in range(40)],
        "always": ["hello"] * 40,
        "same": ["yes", "no"] * 20,
    }
)
COLUMNS = {column.name: column for column in declaring.columns_of(TABLE)}


def declared(**told: str) -> tuple[Any, list[str]]:
    whole = {"name": "same", "target": "same", "key": "id", "time": "1m", **told}
    automation, problems, _ = declaring.checked(declaring.declared(Path("q.csv"), whole, COLUMNS["same"]))
    return automation, problems


def test_texts_are_offered_that_could_be_a_pair() -> None:
    assert declaring.texts_beside([*COLUMNS.values()], "same", "id") == ["question", "before"]
    assert declaring.texts_beside([*COLUMNS.values()], "question", "") == ["id", "before", "same"]


def test_a_pair_is_declared() -> None:
    automation, problems = declared(pair_one="question", pair_other="before")
    assert problems == []
    assert automation.learn.pair == ["question", "before"]
    assert declared()[0].learn.pair is None
    assert declared(pair_one="", pair_other="")[0].learn.pair is None


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ("question", "", "names 'question' twice"),
        ("", "before", "names 'before' twice"),
        ("before", "before", "names 'before' twice"),
        ("same", "before", "same"),
        ("id", "before", "id"),
    ],
)
def test_what_is_no_pair_is_told(one: str, other: str, told: str) -> None:
    automation, problems = declared(pair_one=one, pair_other=other)
    assert automation is None
    assert told in "".join(problems)


@pytest.mark.slow
def test_a_person_declares_it_with_a_form(looking: Any, tmp_path: Path) -> None:
    path = tmp_path / "questions.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([TABLE.column_names, *zip(*TABLE.to_pydict().values(), strict=True)])
    page = looking.at("/new")
    page.set_input_files("input[type=file]", path)
    page.wait_for_selector("text=Are two texts to be read together?")
    page.click("text=Are two texts to be read together?")
    page.select_option("#pair_one", "question")
    page.wait_for_selector("text=It cannot run yet")
    page.select_option("#pair_other", "before")
    page.wait_for_selector("text=Checked: it can run")
    page.click("text=As a file")
    page.wait_for_selector("pre:has-text('pair:')")
    looking.picture("choose-pair-light")
    assert looking.findings() == []
