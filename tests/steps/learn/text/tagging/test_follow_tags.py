"""The likeliest sequence of tags: what follows what is counted in the texts that were learned from."""

from dataclasses import replace
from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mainspring.measure.spans.span import Span
from mainspring.steps.learn.text.tagging.decode import best, likely
from mainspring.steps.learn.text.tagging.transitions import NEVER, Transitions, steps_allowed

TAGS = ("O", "B-NAME", "I-NAME")
TEXTS = ("Ada Lovelace wrote\nit", "by Grace Hopper\nherself") * 12
SPANS = ([Span(0, 12, "NAME")], [Span(3, 15, "NAME")]) * 12
COUNTED = Transitions.of(TEXTS, SPANS, TAGS)

LOGS = arrays(np.float32, st.tuples(st.integers(1, 5), st.just(3)), elements=st.floats(-8, 8, width=32)).map(likely)


def test_what_follows_what_is_counted() -> None:
    assert COUNTED.first == (12, 12, 0)
    assert COUNTED.within == ((0, 12, 0), (0, 0, 24), (12, 0, 0))
    assert COUNTED.behind == ((12, 0, 0), (0, 0, 0), (12, 0, 0))


@given(LOGS, st.lists(st.booleans(), min_size=5, max_size=5), st.sampled_from([0.0, 0.25, 1.0, 4.0]))
def test_no_sequence_is_likelier(logs, ends, weight) -> None:
    steps = replace(COUNTED, weight=weight).steps(TAGS)

    def worth(sequence) -> float:
        total = logs[0, sequence[0]] + steps.first[sequence[0]]
        for at in range(1, len(logs)):
            total += (steps.behind if ends[at - 1] else steps.within)[sequence[at - 1], sequence[at]]
            total += logs[at, sequence[at]]
        return float(total)

    found = best(logs, ends, steps)
    most = max(worth(each) for each in product(range(3), repeat=len(logs)))
    assert np.isclose(worth(found), most, atol=1e-3)
    assert most > NEVER / 2


@given(LOGS, st.lists(st.booleans(), min_size=5, max_size=5))
def test_nothing_goes_on_that_did_not_begin(logs, ends) -> None:
    for steps in (steps_allowed(TAGS), COUNTED.steps(TAGS)):
        found = best(logs, ends, steps).tolist()
        assert all(now != 2 or before in (1, 2) for before, now in zip([0, *found], found, strict=False))


def test_nothing_goes_on_behind_a_line_where_nothing_ever_did() -> None:
    sure = likely(np.array([[0, 9, 0], [0, 0, 9]], np.float32))
    assert best(sure, [True, False], COUNTED.steps(TAGS)).tolist() != [1, 2]
    assert best(sure, [False, False], COUNTED.steps(TAGS)).tolist() == [1, 2]
    few = Transitions.of(TEXTS[:4], SPANS[:4], TAGS)
    assert best(sure, [True, False], few.steps(TAGS)).tolist() == [1, 2]
    across = Transitions.of([*TEXTS, "to Ada\nLovelace"], [*SPANS, [Span(3, 15, "NAME")]], TAGS)
    assert best(sure, [True, False], across.steps(TAGS)).tolist() == [1, 2]


def test_an_odd_text_counts_for_nothing_it_lacks() -> None:
    none = Transitions.of(["", "  \n", "Ada"], [[], [], [Span(0, 3, "OTHER")]], TAGS)
    assert none.first == (0, 0, 0)
    assert np.isfinite(none.steps(TAGS).first).all()
