"""Files that are no declarations are answered quickly, with the line and what to do."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.automation import Automation
from mainspring.automation.check import check
from mainspring.automation.written.lines import read_lines
from mainspring.errors import SpecError

BILLION_LAUGHS = "a: &a [lol, lol]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def told(folder: Path, content: bytes | str) -> str:
    path = folder / "a.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SpecError) as error:
        Automation.from_file(path)
    assert [str(problem) for problem in check(path)]
    return str(error.value)


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ("", "the file is empty"),
        ("  \n\n", "the file is empty"),
        ("# only a remark\n", "a declaration is a mapping"),
        ("- a\n- b\n", "a declaration is a mapping"),
        ("hello", "a declaration is a mapping"),
        ("name: a\n\tsource: b\n", "line 2: file: this is not YAML: found character '\\t'"),
        ("name: [a, b\nsource: c\n", "line 2: file: this is not YAML"),
        ("name: a: b\n", "line 1: file: this is not YAML"),
        ("name: a\0\n", "this is not YAML"),
        ("%%%\n", "line 1: file: this is not YAML"),
        ("name: a\nabout: b\nname: c\n", "line 3: file: the key 'name' stands twice"),
        ("source:\n  key: a\n  table: x\n  key: b\n", "line 4: file: the key 'key' stands twice"),
        ("1: a\n'1': b\n", "line 2: file: the key '1' stands twice"),
        ("? [a]\n: b\n", "line 1: file: a key is a list or a mapping"),
        ("name: a\n---\nname: b\n", "line 2: file: a file holds one declaration"),
        ("name: 名字\n".encode("gb18030"), "line 1: file: the file is not UTF-8"),
        ("about: x\nname: a\n".encode("utf-16"), "the file is not UTF-8"),
        (b"name: a\nabout: caf\xe9\n", "line 2: file: the file is not UTF-8"),
        ("name: !!python/object/apply:os.system [ls]\n", "line 1: file: tags such as tag:yaml.org,2002:python/object"),
        ("name: a\nabout: !secret x\n", "line 2: file: tags such as !secret are not used"),
        ("name: &x a\n", "line 1: file: anchors (&) are not used"),
        ("name: *x\n", "line 1: file: aliases (*) are not used"),
        (BILLION_LAUGHS, "line 1: file: anchors (&) are not used"),
        ("a: " + "[" * 100_000, "values are nested more than 40 deep"),
        ("{a: " * 10_000, "values are nested more than 40 deep"),
        ("- " * 10_000, "values are nested more than 40 deep"),
        ("name: " + "9" * 5_000 + "\n", "line 1: file: this is no number"),
        ("name: 0x" + "f" * 5_000 + "\n", "line 1: file: this is no number"),
        ("name: a\n<<: {about: b}\n", "line 2: <<: unknown key"),
        ("name: " + "x" * 10_000_000, "the file has more than 200,000 bytes"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes | str) else None,
)
def test_a_broken_file_is_answered(tmp_path: Path, content: bytes | str, answer: str) -> None:
    assert answer in told(tmp_path, content)


def test_all_tricks_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    answer = told(tmp_path, "name: a\nabout: &x b\nsource: *x\nname: !t c\n")
    assert [line.split(":")[0].strip() for line in answer.splitlines()[1:]] == ["line 2", "line 3", "line 4", "line 4"]


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="there is no such file"):
        Automation.from_file(tmp_path / "nowhere.yaml")
    with pytest.raises(SpecError, match="the file cannot be read"):
        Automation.from_file(tmp_path)
    with pytest.raises(SpecError, match="the file cannot be read"):
        Automation.from_file("a\0b")


def test_what_looks_like_something_else_stays_text(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "\ufeffday: 2024-02-30\nno: yes\non: 12:30\nid: '007'\nmany: 1_000\nnull: ~\nratio: .5\n", encoding="utf-8"
    )
    plain, lines = read_lines(path)
    assert plain == {
        "day": "2024-02-30", "no": "yes", "on": "12:30", "id": "007", "many": 1000, "null": None, "ratio": 0.5,
    }  # fmt: skip
    assert lines[("ratio",)] == 7


def test_every_place_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a:\n  - x\n  - b: 1\n    c: {d: 2,\n      e: [3,\n 4]}\n", encoding="utf-8")
    _, lines = read_lines(path)
    assert lines == {
        (): 1, ("a",): 1, ("a", 0): 2, ("a", 1): 3, ("a", 1, "b"): 3, ("a", 1, "c"): 4, ("a", 1, "c", "d"): 4,
        ("a", 1, "c", "e"): 5, ("a", 1, "c", "e", 0): 5, ("a", 1, "c", "e", 1): 6,
    }  # fmt: skip


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
@settings(max_examples=200, deadline=None)
def test_whatever_stands_in_a_file_is_answered(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)
    assert check(path)


PIECES = [
    "name: a\n",
    "learn:\n",
    "  target: y\n",
    "source: {table: x}\n",
    "- ",
    "? ",
    "&a ",
    "*a ",
    "!t ",
    "[",
    "]",
    "{",
    "}",
    ": ",
    "'",
    "|\n",
    "  ",
    "\n",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@settings(max_examples=300, deadline=None)
def test_whatever_is_composed_is_answered(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "composed.yaml"
    path.write_text(text, encoding="utf-8")
    assert all(problem.what for problem in check(path))
