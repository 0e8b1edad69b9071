"""How the columns of what was decided lie beside what was learned from: shares that add up, and move where the world moves."""

import pytest

from mainspring import Workspace
from mainspring.errors import NotFound


def lying(space: Workspace, column: str) -> dict[str, list[float]]:
    found = [one for one in space.watching.lying("churn") if one["of"] == column]
    return {
        when: [one["y"] for one in sorted(found, key=lambda one: one["o"]) if one["when"] == when]
        for when in ("before", "now")
    }


def test_shares_add_up_and_lie_as_they_did(customers, space: Workspace) -> None:
    rows = [{name: value for name, value in row.items() if name != "churn"} for row in customers(600, 2, first=5000)]
    space.decide("churn", rows)
    for column in ("tenure", "contract"):
        shares = lying(space, column)
        assert sum(shares["before"]) == pytest.approx(1)
        assert sum(shares["now"]) == pytest.approx(1)
        assert max(abs(a - b) for a, b in zip(*shares.values(), strict=True)) < 0.1


def test_what_is_missing_now_stands_at_the_end(customers, space: Workspace) -> None:
    rows = customers(400, 3, first=9000, gaps=0.5)
    space.decide("churn", [{name: value for name, value in row.items() if name != "churn"} for row in rows])
    shares = lying(space, "tenure")
    assert shares["before"][-1] == 0
    assert 0.4 < shares["now"][-1] < 0.6


def test_nothing_lies_anywhere_before_the_first_decision(space: Workspace) -> None:
    assert space.watching.lying("churn") == []
    with pytest.raises(NotFound):
        space.watching.lying("nobody")
