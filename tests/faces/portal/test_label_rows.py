"""Rows are labelled with the keyboard, one after another, and the next run knows the labels."""

from pathlib import Path
from typing import Any

import pytest

from mainspring import Workspace

pytestmark = pytest.mark.slow


def test_a_doubted_label_is_corrected_by_a_key(looking: Any, place: Path) -> None:
    page = looking.at("/automations/retention/label?what=doubtful")
    page.wait_for_selector("button[data-press='1']")
    looking.picture("label-light")
    assert looking.findings() == []
    key = page.get_attribute("button[data-press='1']", "data-key")
    label = page.get_attribute("button[data-press='1']", "data-label")
    page.keyboard.press("1")
    page.wait_for_selector("text=1 label given")
    after = page.get_attribute("button[data-press='1']", "data-key")
    assert after != key
    page.keyboard.press("s")
    page.wait_for_function("key => document.querySelector('[data-press=s]')?.dataset.key !== key", arg=after)
    with Workspace(place) as workspace:
        assert key not in [str(one["key"]) for one in workspace.labels.doubtful("retention", most=1000)]
        assert label in workspace.labels.classes("retention")


def test_the_overview_leads_to_labelling(looking: Any) -> None:
    page = looking.at("/automations/retention")
    page.click("text=Label rows")
    page.wait_for_selector("text=Would help most")
