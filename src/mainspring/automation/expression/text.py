"""Text: a condition as its author wrote it, in the engine's own writing, and the columns it speaks of."""

import re
from collections.abc import Mapping
from typing import cast

from mainspring.errors import SpecError

LONGEST = 2_000
DEEPEST = 50

_TOKEN = re.compile(
    r"""(?P<text>'[^']*'|"[^"]*")|`(?P<quoted>[^`]+)`|(?P<name>[^\W\d]\w*)|(?P<assign>(?<![=<>!])=(?!=))|(?P<range>\.\.)|(?P<other>\d\w*|.)""",
    re.DOTALL,
)
_WORDS = frozenset({"and", "or", "not", "in", "true", "false", "null"})


def translate(text: str, *, value_sign: bool = False) -> tuple[str, frozenset[str]]:
    """The text in the engine's own writing, and the columns it speaks of. ``value_sign`` allows ``$``.

    Raises:
        SpecError: it is too long, nested too deeply, or says what a condition cannot say.
    """
    _refuse_huge(text)
    parts: list[str] = []
    names: set[str] = set()
    tokens = list(_TOKEN.finditer(text))
    words = [token for token in tokens if not token[0].isspace()]
    _refuse_loose_ranges(text, words, value_sign)
    place = {token.start(): i for i, token in enumerate(words)}
    for token in tokens:
        if token["assign"]:
            raise not_a_condition(text, {"source": "one '=' sets a value"}, "compare with ==")
        if token[0] == "`":
            raise not_a_condition(text, {"source": "a back quote stands alone"}, "write `the column's name`")
        if token[0] == "$" and not value_sign:
            raise not_a_condition(text, {"source": "'$' has no meaning here"}, "write a column's name, in back quotes")
        name = token["quoted"] or token["name"]
        is_word = token["name"] is not None and (name in _WORDS or _is_call_or_member(words, place[token.start()]))
        if name is None or is_word:
            parts.append(token[0])
            continue
        names.add(name)
        parts.append(name if token["name"] and name.isascii() else f"$root[{_quoted(name)}]")
    return "".join(parts), frozenset(names)


def _is_call_or_member(words: list[re.Match[str]], i: int) -> bool:
    after = words[i + 1][0] if i + 1 < len(words) else ""
    before = words[i - 1][0] if i else ""
    return after == "(" or before in (".", "$", "#")


def _refuse_loose_ranges(text: str, words: list[re.Match[str]], value_sign: bool) -> None:
    """A range may only be looked into: a function over ``[1..n]`` would write all its numbers out, however many."""
    opened: list[int] = []
    for i, word in enumerate(words):
        if word[0] in ("[", "(", "{"):
            opened.append(i)
        elif word[0] in ("]", ")", "}") and opened:
            opened.pop()
        elif word["range"]:
            before = words[opened[-1] - 1][0] if opened and opened[-1] > 0 else ""
            if before != "in" and not (value_sign and before in ("", ",")):
                raise not_a_condition(text, {"source": "a range stands after 'in'"}, "write: tenure in [1..12]")


def _quoted(name: str) -> str:
    if "'" in name and '"' in name:
        raise SpecError(f"a condition cannot name the column {shown(name)}", remedy="rename it: it has both quotes")
    return f'"{name}"' if "'" in name else f"'{name}'"


def _refuse_huge(text: str) -> None:
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise SpecError("a condition holds characters that are no text", remedy="write it in UTF-8")
    if len(text) > LONGEST:
        raise SpecError(f"a condition has at most {LONGEST:,} characters", remedy="use a decision table")
    depth = deepest = 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise SpecError(f"a condition has at most {DEEPEST} brackets within each other", remedy="write it more simply")


def not_a_condition(text: str, why: object, remedy: str = "") -> SpecError:
    """``why`` is what the engine answered: a mapping whose ``source`` begins with a sentence for people."""
    # What the engine tells beyond the first sentence is a trace of its own stack.
    told = str(cast(Mapping[str, object], why).get("source", "")).split(";")[0] if isinstance(why, Mapping) else ""
    return SpecError(
        f"this is not a condition: {shown(text)}" + (f" ({told})" if told else ""),
        remedy=remedy or "write a comparison such as: contract == 'Two year' and tenure > 24",
    )


def shown(text: str) -> str:
    """Quoted, and not too long for a message."""
    return repr(text if len(text) <= 80 else text[:77] + "…")
