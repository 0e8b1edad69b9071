"""The page about deciding says what is so: its example gives what it shows, its cells fit what they say."""

import doctest
import re
import shutil
from pathlib import Path

import pytest

from mainspring.automation.condition import Cell

DOCS = Path(__file__).parents[3] / "docs"
PAGE = DOCS / "decide.md"
EXAMPLE = DOCS / "examples" / "offers"


@pytest.mark.slow
def test_the_example_decides_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert tried > 5
    assert not failed


@pytest.mark.parametrize("file", ["offers.yaml", "exceptions.csv"])
def test_the_files_shown_are_those_of_the_example(file: str) -> None:
    lines = (EXAMPLE / file).read_text(encoding="utf-8").splitlines(keepends=True)
    assert "".join(line for line in lines if not line.startswith("#")) in PAGE.read_text(encoding="utf-8")


CELLS = [("two years", "two years", "monthly"), ("24", 24, 25), ("true", True, False), ("> 24", 25, 24), ("<= 3.5", 3.5, 4),
         ("[1..5]", 1, 6), ("(1..5]", 5, 1), ("'a', 'b'", "b", "c"), ("len($) > 3", "abcd", "abc"),
         ("d($) > d('2024-01-01')", "2024-03-01", "2023-03-01")]  # fmt: skip


@pytest.mark.parametrize(("written", "fits", "other"), CELLS)
def test_a_cell_fits_as_shown(written: str, fits: object, other: object) -> None:
    assert f"`{written}`" in PAGE.read_text(encoding="utf-8")
    assert Cell("x", written).holds({"x": fits})
    assert not Cell("x", written).holds({"x": other})


def test_an_empty_cell_fits_anything() -> None:
    assert all(Cell("x", free).holds({"x": value}) for free in ("", "-", None) for value in (None, 3, "a"))


def test_every_cell_of_the_page_is_tried() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## Decision tables")[2].partition("## Capacity")[0]
    shown = {
        cell for line in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for cell in re.findall(r"`([^`]+)`", line)
    }
    assert shown == {written for written, _, _ in CELLS}
