"""Labels make tags; those that look mistyped are told of."""

import pytest

from mainspring.errors import QualityError
from mainspring.measure.spans.span import Span
from mainspring.steps.learn.text.tagging.labels import mistyped, tags_of


def spans(**counts: int) -> list[list[Span]]:
    return [[Span(0, 1, label)] for label, count in counts.items() for _ in range(count)]


def test_each_label_has_two_tags_in_order() -> None:
    assert tags_of([*spans(PER=2, LOC=1), []]) == ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")


def test_texts_without_a_span_are_refused() -> None:
    with pytest.raises(QualityError, match="no text to learn from has a span"):
        tags_of([[], []])


def test_rare_labels_that_look_like_common_ones_are_told_of() -> None:
    told = mistyped(spans(PER=200, LOC=100, PRE=1, loc=2))
    assert [("'PRE' (1" in one and "'PER'" in one, "'loc' (2" in one and "'LOC'" in one) for one in told] == [
        (True, False),
        (False, True),
    ]


def test_labels_that_are_rare_but_like_none_or_like_one_that_is_as_common_are_left_alone() -> None:
    assert mistyped(spans(PER=200, SHIP=1, LOC=30, LOCO=20)) == ()
    assert mistyped([]) == ()
