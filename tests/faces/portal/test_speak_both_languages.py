"""Every fixed text of the portal has both languages."""

import ast
import re
from pathlib import Path

import pytest

import mainspring
from mainspring.faces.portal.say import Say
from mainspring.faces.portal.words.catalogue import CHINESE

ROOT = Path(mainspring.__file__).parent / "faces" / "portal"
FILES = [path for path in sorted(ROOT.rglob("*.py")) if "words" not in path.parts]
NAMES = ("Mainspring", "mainspring keys new")
"""What is called so in every language."""
NAMED = {"TABS": 1, "PLACES": 2}
"""Tables of the code whose texts are said later: their name, and at which place of each row the text stands."""


def said(path: Path) -> list[str]:
    """The texts given to ``say(…)`` and ``say.plain(…)``, and those in the tables."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func)
            if re.search(r"(^|\.)_?say(\.plain)?$|^self$", called) and isinstance(node.args[0].value, str):
                found.append(node.args[0].value)
        if isinstance(node, ast.Call) and re.search(r"(^|\.)_?say\.count$", ast.unparse(node.func)):
            found += [text.value for text in node.args[1:] if isinstance(text, ast.Constant)]
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in NAMED:
            found += [row[NAMED[node.targets[0].id]] for row in ast.literal_eval(node.value)]
    return found


def test_every_text_that_is_said_has_chinese() -> None:
    missing = {path.name: [text for text in said(path) if text not in CHINESE] for path in FILES}
    assert {name: texts for name, texts in missing.items() if texts} == {}
    assert sum(len(said(path)) for path in FILES) > 150


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_text_stands_in_markup_without_being_said(path: Path) -> None:
    """A literal with letters as a child of a tag would be shown in English whatever the language."""
    strays: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("tag", "sheet", "pill", "figure"):
            children = node.args[1:] if ast.unparse(node.func) in ("tag", "pill") else node.args
            strays += [
                c.value
                for c in children
                if isinstance(c, ast.Constant) and isinstance(c.value, str) and re.search("[A-Za-z]{2}", c.value)
            ]
    assert [text for text in strays if text not in NAMES] == []


def test_texts_and_their_chinese_speak_of_the_same_values() -> None:
    for english, chinese in CHINESE.items():
        assert set(re.findall(r"\{\w+\}", chinese)) == set(re.findall(r"\{\w+\}", english)), english


def test_values_are_escaped_in_both() -> None:
    for say in (Say("en"), Say("zh")):
        assert "<b>" not in say("Run of {name}", name="<b>")
    assert Say("zh")("Home") == "首页"
    with pytest.raises(KeyError):
        Say("zh")("A text that nobody translated")
