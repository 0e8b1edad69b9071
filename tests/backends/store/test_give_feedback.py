from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from mainspring.backends.store.database import Database
from mainspring.backends.store.decisions import Decisions
from mainspring.backends.store.feedback import Feedback
from mainspring.decision import Decision
from mainspring.errors import BadRecord

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def feedback(database: Database, decided: Callable[..., Decision]) -> Feedback:
    """On three decisions: d1 and d3 about A, d2 about B."""
    three = [decided("d1", key="A"), decided("d2", key="B", action="none", gain=-3.0), decided("d3", key="A")]
    Decisions(database).record("retention", three)
    return Feedback(database)


def test_an_outcome_joins_its_decision(feedback: Feedback) -> None:
    heard = feedback.add("retention", [{"decision_id": "d2", "outcome": "No", "at": MONDAY, "agent": "Li"}])
    assert (heard.accepted, heard.repeated, heard.corrected, heard.unknown) == (1, 0, 0, ())
    (outcome,) = feedback.outcomes("retention")
    assert (outcome.decision_id, outcome.key, outcome.action, outcome.gain) == ("d2", "B", "none", -3.0)
    assert (outcome.prediction, outcome.outcome, outcome.at) == ("Yes", "No", MONDAY)
    assert feedback.history("d2")[0]["extra"] == {"agent": "Li"}
    assert feedback.count("retention") == 1


def test_the_same_told_twice_is_once(feedback: Feedback) -> None:
    row = {"decision_id": "d1", "outcome": "Yes"}
    assert feedback.add("retention", [row, row]).repeated == 1
    assert feedback.add("retention", [row]).accepted == 0
    assert len(feedback.history("d1")) == 1


def test_a_later_word_corrects_an_earlier_one(feedback: Feedback) -> None:
    feedback.add("retention", [{"decision_id": "d1", "outcome": "No", "at": MONDAY}])
    tuesday, sunday = MONDAY + timedelta(days=1), MONDAY - timedelta(days=1)
    heard = feedback.add("retention", [{"decision_id": "d1", "outcome": "Yes", "at": tuesday}])
    assert (heard.accepted, heard.corrected) == (1, 1)
    heard = feedback.add("retention", [{"decision_id": "d1", "outcome": "Maybe", "at": sunday}])
    assert (heard.accepted, heard.corrected) == (1, 0), "late news of an earlier moment changes nothing now"
    assert [outcome.outcome for outcome in feedback.outcomes("retention")] == ["Yes"]
    assert [line["outcome"] for line in feedback.history("d1")] == ["No", "Yes", "Maybe"]
    repeated = feedback.add("retention", [{"decision_id": "d1", "outcome": "No", "at": MONDAY}])
    assert (repeated.accepted, repeated.repeated) == (0, 1)


def test_of_several_words_at_once_the_last_counts(feedback: Feedback) -> None:
    feedback.add("retention", [{"decision_id": "d1", "outcome": outcome} for outcome in (1, 2, 3)])
    assert [outcome.outcome for outcome in feedback.outcomes("retention")] == [3]
    assert [line["current"] for line in feedback.history("d1")] == [False, False, True]


def test_a_key_means_its_newest_decision(feedback: Feedback) -> None:
    assert feedback.add("retention", [{"key": "A", "outcome": "Yes"}]).accepted == 1
    assert [outcome.decision_id for outcome in feedback.outcomes("retention")] == ["d3"]


def test_what_speaks_of_no_decision_is_kept_aside(feedback: Feedback) -> None:
    rows = [{"decision_id": "nobody", "outcome": "Yes"}, {"key": "Z", "outcome": "No"}]
    for _ in range(2):
        heard = feedback.add("retention", [*rows, {"decision_id": "d1", "outcome": "Yes"}])
        assert heard.unknown == ("nobody", "Z")
    assert feedback.strays("retention") == rows
    assert feedback.count("retention") == 1


def test_another_automation_has_no_say(feedback: Feedback) -> None:
    assert feedback.add("welcome", [{"decision_id": "d1", "outcome": "Yes"}]).unknown == ("d1",)
    assert feedback.outcomes("retention") == []


@pytest.mark.parametrize("wrong", [{"decision_id": "d1"}, {"outcome": "Yes"}, {"key": None, "outcome": "Yes"}])
def test_a_row_that_says_too_little_refuses_all(feedback: Feedback, wrong: dict) -> None:
    with pytest.raises(BadRecord, match="row 2"):
        feedback.add("retention", [{"decision_id": "d1", "outcome": "Yes"}, wrong])
    assert feedback.count("retention") == 0


def test_news_can_be_told_from_none(feedback: Feedback) -> None:
    assert feedback.newest("retention") == 0
    feedback.add("retention", [{"decision_id": "d1", "outcome": "No", "at": MONDAY}])
    first = feedback.newest("retention")
    feedback.add("retention", [{"decision_id": "d1", "outcome": "No", "at": MONDAY}])
    assert feedback.newest("retention") == first > 0
    feedback.add("retention", [{"decision_id": "d1", "outcome": "Yes"}])
    assert feedback.newest("retention") > first


def test_only_recent_outcomes(feedback: Feedback) -> None:
    feedback.add("retention", [{"decision_id": "d1", "outcome": "Yes"}])
    assert feedback.outcomes("retention", since=datetime(2027, 1, 1, tzinfo=UTC)) == []
