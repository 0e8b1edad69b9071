"""What was found often enough becomes an alert, is told once, left alone while it lasts, and is over when it is over."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.backends.store.watching.alerts import Alert
from mainspring.run.alerts.alerting import AlertTerms, changed
from mainspring.steps.watch.finding import Finding

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TERMS = AlertTerms((2, 3), timedelta(days=1))
DRIFT = Finding("drift", "features", "tenure moved")


class Watched:
    """Looks, an hour apart: what stands, and when someone was told."""

    def __init__(self, terms: AlertTerms = TERMS) -> None:
        self.terms, self.known, self.told, self.hour = terms, dict[str, Alert](), list[tuple[int, str]](), 0

    def look(self, *findings: Finding) -> None:
        changes, to_tell = changed("retention", self.known, findings, NOON + self.hour * HOUR, self.terms)
        self.known |= {alert.mark: alert for alert in changes}
        self.told += [(self.hour, alert.severity) for alert in to_tell]
        self.hour += 1

    def looks(self, found: Sequence[bool]) -> "Watched":
        for one in found:
            self.look(*[DRIFT] * one)
        return self

    @property
    def state(self) -> str:
        return self.known[DRIFT.mark].state


def test_once_is_not_enough() -> None:
    watched = Watched().looks([True, False, False])
    assert watched.told == []
    assert watched.looks([False]).state == "resolved"


def test_twice_of_three_is_told_once() -> None:
    watched = Watched().looks([True, False, True, True, True])
    assert watched.told == [(2, "warning")]
    assert watched.state == "open"


def test_what_lasts_is_told_again_after_the_cooldown() -> None:
    assert [hour for hour, _ in Watched().looks([True] * 60).told] == [1, 25, 49]


def test_what_becomes_worse_is_told_at_once() -> None:
    watched = Watched().looks([True] * 3)
    watched.look(DRIFT.weighed("critical", "it costs much"))
    assert watched.told == [(1, "warning"), (3, "critical")]


def test_what_is_over_comes_back_as_new_but_not_within_the_cooldown() -> None:
    watched = Watched().looks([True, True, False, False, False])
    assert watched.state == "resolved"
    first = watched.known[DRIFT.mark].first
    watched.looks([True, True])
    assert watched.state == "open"
    assert watched.known[DRIFT.mark].first > first
    assert watched.told == [(1, "warning")]


@pytest.mark.parametrize("change", [{"state": "acknowledged"}, {"muted_until": NOON + 1000 * HOUR}])
def test_nobody_is_told_of_what_someone_sees_to_or_has_muted(change: dict) -> None:
    watched = Watched().looks([True, True])
    watched.known[DRIFT.mark] = replace(watched.known[DRIFT.mark], **change)
    assert len(watched.looks([True] * 100).told) == 1


def test_what_is_not_severe_enough_is_no_alert() -> None:
    watched = Watched()
    for _ in range(5):
        watched.look(DRIFT.weighed("info", "it costs nothing"))
    assert watched.known == {}
    told_of_all = Watched(AlertTerms((1, 1), HOUR, "info"))
    told_of_all.look(DRIFT.weighed("info", "it costs nothing"))
    assert told_of_all.told == [(0, "info")]


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 4), st.integers(0, 4))
def test_nobody_is_told_unless_k_of_the_last_n_looks_found_it(found: list[bool], k: int, more: int) -> None:
    terms = AlertTerms((k, k + more), timedelta(hours=5))
    told = [hour for hour, _ in Watched(terms).looks(found).told]
    for hour in told:
        stretch = found[: hour + 1]
        assert found[hour]
        assert any(sum(stretch[max(0, end - k - more) : end]) >= k for end in range(1, len(stretch) + 1))
    assert all(later - earlier >= 5 for earlier, later in pairwise(told))
