"""What was decided, a page at a time, and as it is decided."""

import json
import uuid

import pytest

from mainspring import Workspace

HERE = "/v1/automations/retention"


@pytest.fixture
def occasion() -> str:
    return uuid.uuid4().hex


def decide(client, occasion: str, count: int, customer: str = "P") -> list[str]:
    records = [{"customer": f"{customer}{n}", "tenure": n} for n in range(count)]
    answer = client.post(f"{HERE}/decisions", json={"records": records, "occasion": occasion, "reasons": False})
    return [one["decision"] for one in answer.json()["decisions"]]


def test_pages_hold_all_once_newest_first(client, occasion: str) -> None:
    made = decide(client, occasion, 23)
    seen: list[str] = []
    before = None
    while len(seen) < 23:
        params = {"limit": 7} | ({} if before is None else {"before": before})
        told = client.get(f"{HERE}/decisions", params=params).json()
        seen += [one["decision"] for one in told["decisions"]]
        before = told["next"]
    assert seen[:23] == made[::-1]


def test_the_last_page_has_no_next(client, occasion: str) -> None:
    decide(client, occasion, 3, customer=occasion)
    told = client.get(f"{HERE}/decisions", params={"key": f"{occasion}1"}).json()
    assert [one["key"] for one in told["decisions"]] == [f"{occasion}1"]
    assert told["next"] is None
    assert client.get(f"{HERE}/decisions", params={"before": 0}).json() == {"decisions": [], "next": None}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "501"),
        ("limit", "x"),
        ("before", "-1"),
        ("before", "9" * 30),
        ("key", "x" * 2_000),
        ("limit", "1e3"),
    ],
)
def test_what_is_no_page(client, name: str, value: str) -> None:
    answer = client.get(f"{HERE}/decisions", params={name: value})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [name]


def test_those_that_came_since(client, workspace: Workspace, occasion: str) -> None:
    number = workspace.live.newest("retention")
    made = decide(client, occasion, 5)
    rows = workspace.live.after("retention", number, 10)
    assert [row["decision"] for row in rows] == made
    assert json.dumps(rows[0], default=str)
    assert workspace.live.newest("none") == 0
