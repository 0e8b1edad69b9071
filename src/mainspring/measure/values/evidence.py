"""Evidence: what kind of column this is, told from what stands in it: many sources give everything as text."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.measure.values import arrays
from mainspring.measure.values.dates import order_evidence, points_between, read_date
from mainspring.measure.values.marks import ALL, SURE, codes_of_two_letters, is_mark, sentinels
from mainspring.measure.values.numerals import decimal_evidence, is_code, read_number
from mainspring.measure.values.reading import Reading, ReadingKind
from mainspring.measure.values.words import cjk_share, encodable

Declared = Literal["number", "category", "date", "text", "boolean", "ignore", "verbatim", "spans", "labels"]

ENOUGH = 0.9
"""A column is of a kind when this share of its values reads so; the rest is unreadable, thus missing."""
LOOKED_AT = 150
"""Distinct texts that are tried as numbers and dates, spread evenly over all of them."""
FEW_CLASSES, OFTEN = 20, 5
_ID_NAME = re.compile(
    r"(?:.*[_\- .])?(?:id|ids|uuid|guid|index|idx|key|rowid|rownames?|row_?number|unnamed: ?0|nr|seq)"
    r"|.*[a-z](?:Id|ID|UUID)|.*(?:编号|序号|编码|学号|工号|卡号|单号)|\s*",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """How to read a column, what in it means missing (as written, with counts), how many values cannot be read so."""

    reading: Reading
    marks: tuple[tuple[str, int], ...] = ()
    unreadable: int = 0


def evidence(
    column: pa.Array | pa.ChunkedArray, name: str, *, declared: Declared | None = None, missing: Sequence[str] = ()
) -> Evidence:
    """What the values of a column say about it. ``declared`` overrules its kind; ``missing`` adds marks."""
    array = arrays.one_chunk(column)
    further = tuple(mark.strip().lower() for mark in missing)
    if declared in ("verbatim", "spans", "labels"):
        # A mark says that the labels of a text are not known, where a blank says that it has none.
        reading = Reading(declared, further if declared == "labels" else ())
        return Evidence(reading, (), reading.many(array).null_count - array.null_count)
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        return _of_texts(array, name, declared, further)
    if declared not in (None, "number"):
        return Evidence(
            Reading(_reading_kind(declared), further, epoch=declared == "date" and not _compact_dates(array))
        )
    if pa.types.is_boolean(array.type) and declared is None:
        return Evidence(Reading("boolean"))
    if (pa.types.is_timestamp(array.type) or pa.types.is_date(array.type)) and declared is None:
        return Evidence(Reading("date"))
    if pa.types.is_nested(array.type) or pa.types.is_binary(array.type) or array.null_count == len(array):
        return Evidence(Reading("empty" if array.null_count == len(array) else "nested"))
    return _of_numbers(array, name, declared, further)


def target_evidence(
    column: pa.Array | pa.ChunkedArray, name: str, *, declared: Declared | None = None, missing: Sequence[str] = ()
) -> Evidence:
    """As :func:`evidence`, for what is to be predicted: a few whole numbers are classes, and none stands for *missing*.

    Few means at most 20 that come five times each on average, or two. A word beside them that comes five times is a class as well.
    """
    found = evidence(column, name, declared=declared or _words_declared(column), missing=missing)
    if declared in ("spans", "labels"):
        return found
    reading = replace(found.reading, sentinels=_declared_numbers(tuple(mark.strip().lower() for mark in missing)))
    if reading.kind in ("id", "text", "nested", "empty"):
        return replace(found, reading=replace(reading, kind="category"))
    if reading.kind == "number" and declared != "number" and _few_whole(reading.many(column)):
        if found.unreadable and _has_word(column, reading.marks):
            return target_evidence(column, name, declared="category", missing=missing)
        reading = replace(reading, kind="whole")
    written = tuple((mark, count) for mark, count in found.marks if is_mark(mark.lower(), ALL.union(reading.marks)))
    return Evidence(reading, written, found.unreadable)


def _words_declared(column: pa.Array | pa.ChunkedArray) -> Declared | None:
    """Numbers are never ids when they are to be predicted."""
    kind = column.type
    return "number" if pa.types.is_integer(kind) or pa.types.is_floating(kind) else None


def _few_whole(numbers: pa.Array) -> bool:
    values = pc.unique(numbers.drop_null()).to_numpy(zero_copy_only=False)
    few = len(values) <= 2 or (len(values) <= FEW_CLASSES and OFTEN * len(values) <= len(numbers))
    return few and bool(np.all(values == np.trunc(values)))


def _has_word(column: pa.Array | pa.ChunkedArray, marks: Sequence[str]) -> bool:
    """Whether a word that is neither a number nor means missing comes so often that it is a class."""
    known = ALL.union(marks)
    words = _counts(arrays.one_chunk(column)).items()
    return any(count >= OFTEN and not is_mark(word, known) and not _reads_as_number(word) for word, count in words)


def _reading_kind(declared: Declared | None) -> ReadingKind:
    return "id" if declared == "ignore" else declared or "category"


def _of_numbers(array: pa.Array, name: str, declared: Declared | None, further: tuple[str, ...]) -> Evidence:
    numbers = Reading("number").many(array)
    if numbers.null_count == len(numbers):
        return Evidence(Reading("number" if declared else "empty"))
    if declared is None and pa.types.is_integer(array.type) and _is_id_name(name) and _nearly_unique(array):
        return Evidence(Reading("id", further))
    return _with_sentinels(Reading("number", further), array, [], 0)


def _nearly_unique(array: pa.Array) -> bool:
    present = len(array) - array.null_count
    return present >= 20 and pc.count_distinct(array).as_py() >= 0.95 * present


def _with_sentinels(reading: Reading, array: pa.Array, marks: list[tuple[str, int]], missing: int) -> Evidence:
    """The reading of numbers, with those that mean missing; so many values are ``missing`` already: marks and null."""
    values = reading.many(array).drop_null().to_numpy(zero_copy_only=False)
    unreadable = max(0, len(array) - len(values) - max(missing, array.null_count))
    found = tuple(dict.fromkeys((*_declared_numbers(reading.marks), *sentinels(values))))
    marks = [*marks, *((f"{number:g}", int((values == number).sum())) for number in found)]
    return Evidence(replace(reading, sentinels=found), tuple(marks), unreadable)


def _declared_numbers(further: tuple[str, ...]) -> tuple[float, ...]:
    return tuple(number for mark in further if (number := read_number(mark)) is not None)


def _of_texts(array: pa.Array, name: str, declared: Declared | None, further: tuple[str, ...]) -> Evidence:
    counts = _counts(array)
    missing = ALL.union(further)
    plain = {word: count for word, count in counts.items() if not is_mark(word, missing)}
    kind = _reading_kind(declared) if declared else _kind(plain, counts, name)
    if kind in ("number", "date", "boolean"):
        reading = _exact(Reading(kind, further), plain, declared)
    else:
        also = SURE.union(further) - ({"na"} if codes_of_two_letters(list(counts)) else set())
        missing = {word.lower() for word in counts if word and word not in plain and is_mark(word, also)}
        reading = Reading(kind, tuple(sorted(missing.union(further))))
    marks = [(word, count) for word, count in counts.items() if word not in plain and is_mark(word, missing)]
    if kind == "number":  # numbers that mean missing are counted as such
        marks = [mark for mark in marks if read_number(mark[0]) is None]
    marks.sort(key=lambda mark: (-mark[1], mark[0]))
    absent = array.null_count + sum(count for _, count in marks)
    if kind == "number":
        return _with_sentinels(reading, array, marks, absent)
    return Evidence(reading, tuple(marks), reading.many(array).null_count - absent)


def _counts(array: pa.Array) -> dict[str, int]:
    """Trimmed word → how often it stands in the column."""
    counted = pc.value_counts(array.drop_null())
    counts: dict[str, int] = {}
    for word, count in zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True):
        word = encodable(word.strip())
        counts[word] = counts.get(word, 0) + count
    return counts


def _exact(reading: Reading, words: Mapping[str, int], declared: Declared | None) -> Reading:
    seen = _spread(words)
    if reading.kind == "number":
        telling = [word for word in seen if "," in word or word.count(".") > 1]
        return replace(reading, comma=bool(telling) and sum(map(decimal_evidence, seen)) > 0)
    if reading.kind == "date":
        order = sum(order_evidence(word) for word in seen)
        epoch = declared is not None and all(read_date(word) is None and read_number(word) is not None for word in seen)
        return replace(reading, day_first=order > 0 or (order == 0 and any(map(points_between, seen))), epoch=epoch)
    return reading


def _kind(words: Mapping[str, int], counts: Mapping[str, int], name: str) -> ReadingKind:
    """The kind of a column of words, from those that do not mean missing (or all of them where each may)."""
    if not words:
        return "category" if any(word and not is_mark(word, SURE) for word in counts) else "empty"
    seen = _spread(words)
    if all(word.lower() in ("true", "false") for word in words):
        return "boolean"
    if _compact(seen):
        return "date"
    if _share(seen, words, _reads_as_number) >= ENOUGH:
        code = any(is_code(word) for word in words)
        counter = _is_id_name(name) and _unique(words) and all(word.isdecimal() for word in seen)
        return _kind_of_words(seen, words, name) if code or counter else "number"
    if _share(seen, words, lambda word: read_date(word) is not None) >= ENOUGH:
        return "date"
    return _kind_of_words(seen, words, name)


def _kind_of_words(seen: Sequence[str], words: Mapping[str, int], name: str) -> ReadingKind:
    rows = sum(words.values())
    pieces = sum(len(word.split()) + cjk_share(word) * len(word) / 2 for word in seen) / len(seen)
    if pieces >= 3 and len(words) > rows / 2:
        return "text"
    tight = sum(len(word) <= 64 and not any(map(str.isspace, word)) for word in seen) >= 0.95 * len(seen)
    if tight and rows >= 20 and (len(words) == rows or (_is_id_name(name) and _unique(words))):
        return "id"
    return "category"


def _unique(words: Mapping[str, int]) -> bool:
    rows = sum(words.values())
    return rows >= 20 and len(words) >= 0.95 * rows


def _is_id_name(name: str) -> bool:
    return bool(_ID_NAME.fullmatch(name) or _ID_NAME.fullmatch(name.lower()))


def _reads_as_number(word: str) -> bool:
    return read_number(word) is not None or read_number(word, comma=True) is not None


def _spread(words: Collection[str]) -> list[str]:
    return list(words)[:: max(1, len(words) // LOOKED_AT)][:LOOKED_AT]


def _share(seen: Sequence[str], words: Mapping[str, int], holds: Callable[[str], bool]) -> float:
    return sum(words[word] for word in seen if holds(word)) / sum(words[word] for word in seen)


def _compact(seen: Sequence[str]) -> bool:
    """Whether all are dates written ``20240105``: as numbers they would be odd ones."""
    return len(seen) >= 2 and all(len(word) == 8 and word.isdecimal() and _recent(word) for word in seen)


def _recent(word: str) -> bool:
    moment = read_date(word)
    return moment is not None and 1900 <= moment.year <= 2100


def _compact_dates(array: pa.Array) -> bool:
    if not pa.types.is_integer(array.type):
        return False
    return _compact([str(value) for value in pc.unique(array.drop_null())[:LOOKED_AT].to_pylist()])
