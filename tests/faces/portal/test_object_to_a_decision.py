"""A customer sees the decisions about them and no others, with reasons, and what they say becomes an event."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from mainspring import Workspace
from mainspring.errors import BadRecord, NotFound

pytestmark = pytest.mark.slow


@pytest.fixture
def token(served: str, place: Path) -> str:
    with Workspace(place) as workspace:
        return workspace.customers.token("retention", "P8")


def test_a_customer_objects(looking: Any, place: Path, token: str) -> None:
    looking.page.context.clear_cookies()
    page = looking.at(f"/my/retention/{token}")
    assert "Decisions about you" in page.inner_text("h1")
    assert page.locator("section").count() == 1
    assert looking.findings() == []
    looking.picture("customer-light")
    looking.at(f"/my/retention/{token}", language="zh", theme="dark", width=390)
    assert looking.findings() == []
    looking.picture("customer-zh-phone")
    page = looking.at(f"/my/retention/{token}")
    page.click("summary")
    page.fill("textarea", "I was away.")
    page.click("button:has-text('I object')")
    page.wait_for_selector("text=passed on")
    with Workspace(place) as workspace:
        event = workspace.topics.show("retention.objections")["newest"][-1]
    assert (event["data"]["wish"], event["data"]["words"], event["subject"]) == ("object", "I was away.", "P8")


def test_another_customers_decision_is_out_of_reach(served: str, place: Path, token: str) -> None:
    with Workspace(place) as workspace:
        other = workspace.journal.page("retention", {"key": "P9"})["decisions"][0]["decision"]
        with pytest.raises(NotFound):
            workspace.customers.wish("retention", token, other, "object")
        own = workspace.customers.decisions("retention", token)["decisions"][0]["decision"]
        with pytest.raises(BadRecord):
            workspace.customers.wish("retention", token, own, "erase everything")
    answer = httpx.post(f"{served}/my/retention/{token}", data={"decision": other, "wish": "object"})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t[:-1] + "x",
        lambda t: "UDk" + t[2:],
        lambda t: "",
        lambda t: "..",
        lambda t: "ü" * 9,
        lambda t: "A" * 5000,
    ],
)
def test_an_address_that_was_made_up_shows_nothing(served: str, token: str, change: Any) -> None:
    made_up = change(token) or "x"
    page = httpx.get(f"{served}/my/retention/{made_up}")
    assert page.status_code in (401, 404)
    assert "Decisions about you</h1>" not in page.text


def test_nothing_of_the_operator_is_on_it(served: str, token: str) -> None:
    page = httpx.get(f"{served}/my/retention/{token}").text
    assert not re.search(r"\bgains?\b", page.lower())
    assert "version" not in page.lower()
    assert "/automations" not in page


def test_a_token_is_of_one_automation(place: Path, token: str) -> None:
    with Workspace(place) as workspace, pytest.raises(NotFound):
        workspace.customers.decisions("another", token)


def test_what_spoke_for_acting_spoke_against_doing_nothing(served: str, place: Path) -> None:
    with Workspace(place) as workspace:
        stays = {"customer": "Q1", "tenure": 69, "contract": "One year", "charges": 20.0}
        leaves = {"customer": "Q2", "tenure": 1, "contract": "Month-to-month", "charges": 105.0}
        actions = [row["action"] for row in workspace.decide("retention", [stays, leaves]).to_pylist()]
        told = {}
        for key in ("Q1", "Q2"):
            (one,) = workspace.customers.decisions("retention", workspace.customers.token("retention", key))[
                "decisions"
            ]
            told[key] = {reason["feature"]: reason["spoke_for"] for reason in one["reasons"]}
            assert set(one["reasons"][0]) == {"kind", "text", "feature", "spoke_for", "value"}
    assert actions == ["none", "offer"]
    assert told["Q1"]["tenure"]
    assert told["Q2"]["tenure"]
