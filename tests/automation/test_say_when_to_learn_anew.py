"""The condition under which an automation is learned anew: what it can say, and what is refused, with what would be right."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring import Automation
from mainspring.automation.triggers.when import FACTS, TRUTHS, When

NOTHING = dict.fromkeys(FACTS, 0) | dict.fromkeys(TRUTHS, False)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def holds(text: str, came: frozenset[str] = frozenset(), **facts: object) -> bool:
    return When(text).holds(NOTHING | facts, lambda moment: moment.told in came)


def test_facts_and_moments_are_composed_with_and_or() -> None:
    assert holds("drift or feedback >= 500", feedback=500)
    assert holds("drift or feedback >= 500", drift=True)
    assert not holds("drift or feedback >= 500", feedback=499)
    text = "cron('0 3 * * 1') and (rows >= 1000 or event(\"prices.changed\"))"
    assert holds(text, frozenset({"0 3 * * 1"}), rows=1000)
    assert holds(text, frozenset({"0 3 * * 1", "prices.changed"}))
    assert not holds(text, rows=1000)


def test_a_time_of_cron_passes_once_however_many_were_missed() -> None:
    (moment,) = When("cron('0 3 * * 1')").moments.values()
    assert not moment.passed(MONDAY, MONDAY + timedelta(hours=2))
    assert moment.passed(MONDAY, MONDAY + timedelta(hours=3))
    assert moment.passed(MONDAY, MONDAY + timedelta(days=100))
    assert not moment.passed(MONDAY + timedelta(hours=3), MONDAY + timedelta(days=6))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("feedbck >= 5", "did you mean 'feedback'"),
        ("cron('61 3 * * 1')", "no time of cron"),
        ("cron('* * * * * *')", "no time of cron"),
        ("cron(feedback)", "one text in quotes"),
        ("event('a b')", "a topic has letters"),
        ("every('soon')", "write a time"),
        ("feedback >= 'many'", "compare"),
        ("feedback", "true or false"),
        ("drift and feedback", "true or false"),
        ("drift or or", "condition"),
        ("", "condition"),
    ],
)
def test_what_cannot_be_told_is_refused_when_it_is_read(text: str, told: str) -> None:
    declared = {"name": "x", "source": {"table": "x.csv"}, "learn": {"target": "y"}}
    with pytest.raises(ValueError, match=told):
        Automation.model_validate({**declared, "watch": {"retrain": {"when": text}}})


@given(st.text(max_size=40))
def test_whatever_is_written_is_a_condition_or_refused_as_a_mistake(text: str) -> None:
    try:
        Automation.model_validate(
            {"name": "x", "source": {"table": "x.csv"}, "learn": {"target": "y"}, "watch": {"retrain": {"when": text}}}
        )
    except ValueError:
        return
    When(text)
