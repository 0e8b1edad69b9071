"""Labels: the labels of one row, and how they are written: as a list, as JSON, or in one text with a separator between them."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

SEPARATORS = ("|", ";", "；", "、", ",", "，", "/", "\n", "\t")
"""What may stand between labels without being declared, likeliest first."""
LONGEST = 200
"""Characters of a label."""
SHARED = 0.5
"""Pieces between separators that stand in another text too, as a share: else it is a sign within labels."""
LOOKED_AT = 5000
FORMS = "a list of words, or one text with a separator between them (learn.separator)"
_QUOTED = re.compile(r"""'([^'\\]*)'|"([^"\\]*)\"""")
_LIST = re.compile(r"""\[\s*(?:(?:'[^'\\]*'|"[^"\\]*")\s*(?:,\s*(?:'[^'\\]*'|"[^"\\]*")\s*)*,?\s*)?\]""")


def read_labels(value: object, separator: str = "") -> list[str] | None:
    """Different labels in the order of their letters; none of a blank text or an empty list, None where it is no list of labels.

    A text is JSON, a list as Python writes it, or labels with the ``separator`` between them; without one it is a single label.
    """
    if isinstance(value, str):
        value = _parted(value.strip(), separator)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, Sequence | set | frozenset) or isinstance(value, str | bytes):
        return None
    pieces: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType]
    labels = [_label(piece) for piece in pieces]
    return None if any(label is None for label in labels) else sorted({label for label in labels if label})


def write_labels(labels: Iterable[str]) -> str:
    """The one form in which they are kept: ``["billing","delivery"]``."""
    return json.dumps(list(labels), ensure_ascii=False, separators=(",", ":"))


def separator_in(texts: Iterable[object]) -> str:
    """What stands between the labels of these texts, told from pieces that come again in other company; nothing where nothing does."""
    plain = {text.strip() for text in texts if isinstance(text, str) and text.strip() and text.strip()[0] != "["}
    seen = sorted(plain)[:: max(1, len(plain) // LOOKED_AT)]
    found: list[tuple[int, int, str]] = []
    for order, sign in enumerate(SEPARATORS):
        parted = [{piece.strip() for piece in text.split(sign)} - {""} for text in seen]
        several = [pieces for pieces in parted if len(pieces) > 1]
        counts = Counter(piece for pieces in parted for piece in pieces)
        stands = [counts[piece] > 1 for pieces in several for piece in pieces]
        if stands and sum(stands) >= SHARED * len(stands):
            found.append((len(counts), order, sign))
    return min(found)[2] if found else ""


def _parted(text: str, separator: str) -> object:
    if not text:
        return []
    if text[0] == "[":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            if _LIST.fullmatch(text):
                return [one or other for one, other in _QUOTED.findall(text)]
            if not separator:
                return None
    return text.split(separator) if separator else [text]


def _label(piece: object) -> str | None:
    """None where it is no label; what is blank is none of them."""
    if piece is None:
        return ""
    if isinstance(piece, int) and not isinstance(piece, bool):
        return str(piece)
    if not isinstance(piece, str) or len(piece) > LONGEST:
        return None
    return " ".join(piece.split()).encode("utf-8", "replace").decode("utf-8")
