"""Every page in a real browser: it shows what it is for, asks nothing of other hosts, and everyone can use it."""

import re
from typing import Any

import pytest

pytestmark = pytest.mark.slow

PAGES = {
    "home": ("/", "Automations"),
    "new": ("/new", "Drop a table here"),
    "overview": ("/automations/retention", "The way of the data"),
    "declaration": ("/automations/retention/declaration", "Checked: it can run"),
    "runs": ("/automations/retention/runs", "Run again"),
    "versions": ("/automations/retention/versions", "How version 1 was chosen"),
    "decisions": ("/automations/retention/decisions", "Key or number of a decision"),
    "try": ("/automations/retention/try", "A record"),
    "watch": ("/automations/retention/watch", "Look now"),
    "report": ("/automations/retention/report", "Open it alone"),
    "alerts": ("/alerts", "Alerts"),
    "data": ("/data", "Ask in SQL"),
    "table": ("/data/retention.raw", "Some rows"),
}


LOOKS = {
    f"{theme}-{language}": {"theme": theme, "language": language}
    for theme in ("light", "dark")
    for language in ("en", "zh")
}
OWN_WORDS = ("Offer a discount to customers who are about to leave", "bound by contract", "mainspring label retention")
"""What people wrote, and what is typed."""


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_everyone_can_use_a_page_in_either_language_and_light(looking: Any, name: str, look: str) -> None:
    page = looking.at(PAGES[name][0], **LOOKS[look])
    page.wait_for_selector("#content h1, h1")
    assert page.evaluate("document.documentElement.lang") == {"en": "en", "zh": "zh-CN"}[LOOKS[look]["language"]]
    looking.picture(f"{name}-{look}")
    assert looking.findings() == []


@pytest.mark.parametrize("name", PAGES)
def test_a_chinese_page_says_nothing_in_english(looking: Any, name: str) -> None:
    page = looking.at(PAGES[name][0], language="zh")
    page.wait_for_load_state("networkidle")
    for frame in page.frames:
        frame.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    shown = [frame.inner_text("body") for frame in page.frames]
    assert english_in("\n".join(shown)) == []


def english_in(text: str) -> list[str]:
    """Lines in which three words of English follow one another."""
    for own in OWN_WORDS:
        text = text.replace(own, "")
    return [line for line in text.splitlines() if re.search(r"\b[A-Za-z]{2,} [A-Za-z]{1,} [A-Za-z]{2,}", line)]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_what_it_is_for_and_everyone_can_use_it(looking: Any, name: str) -> None:
    address, words = PAGES[name]
    page = looking.at(address)
    page.wait_for_selector(f"text={words}")
    looking.picture(f"{name}-light")
    assert looking.findings() == []
    page = looking.at(address, language="zh", theme="dark", width=390)
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    looking.picture(f"{name}-dark-zh-phone")
    assert looking.findings() == []
    assert looking.strays == []
    assert looking.complaints == []


def test_an_address_that_is_not_there_says_so(looking: Any) -> None:
    page = looking.at("/automations/nobody")
    assert "This cannot be shown" in page.inner_text("h1")
    assert "nobody" in page.inner_text(".lead")


def test_language_and_theme_are_switched_and_stay(looking: Any) -> None:
    page = looking.at("/")
    page.click("text=中文")
    page.wait_for_selector("h1:has-text('自动化')")
    page.click("[title=深色]")
    page.wait_for_selector("[title=浅色]")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_going_back_to_another_site_is_refused(looking: Any) -> None:
    page = looking.at("/")
    page.goto(looking.url + "/portal/prefer/theme/light?back=//elsewhere.example/")
    assert page.url.rstrip("/") == looking.url


def test_what_is_skipped_to_is_reached_by_the_keyboard(looking: Any) -> None:
    page = looking.at("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"


def test_an_answer_follows_the_values_as_they_are_moved(looking: Any) -> None:
    page = looking.at("/automations/retention/try")
    page.select_option("select[name=contract]", "Two year")
    page.wait_for_selector("text=bound by contract")
    page.select_option("select[name=contract]", "Month-to-month")
    page.fill("input[name=tenure]", "1")
    page.wait_for_selector(".ring")
    page.wait_for_selector(".contributions li")
    looking.picture("try-moved")


def test_a_decision_is_found_explained_and_made_again(looking: Any) -> None:
    page = looking.at("/automations/retention/decisions?key=P7")
    page.click("tbody a")
    page.wait_for_selector("text=What went in")
    assert "P7" in page.inner_text("#content")
    assert "100" in page.inner_text(
        ".at-outcomes td.n"
    )  # nobody acted, and the customer left: as the gains are declared
    page.click("text=Make it again")
    page.wait_for_selector("text=the same, bit for bit")
    looking.picture("decision-light")
    assert looking.findings() == []


def test_a_decision_tells_its_reasons_in_chinese_too(looking: Any) -> None:
    page = looking.at("/automations/retention/decisions?key=P8")
    page.click("tbody a")
    page.wait_for_selector("text=What went in")
    here = page.url.removeprefix(looking.url)
    page = looking.at(here, language="zh", theme="dark", width=390)
    page.wait_for_selector("text=的预期收益为")
    assert "expected to gain" not in page.inner_text("#content")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert looking.findings() == []
    looking.picture("decision-dark-zh-phone")


@pytest.mark.parametrize("address", ["/automations/retention/label", "/automations/nobody", "/runs/retention"])
def test_other_pages_are_for_everyone_too(looking: Any, address: str) -> None:
    for theme, width in (("light", 1280), ("dark", 390)):
        page = looking.at(address, language="zh", theme=theme, width=width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert looking.findings() == []


def test_a_declaration_is_checked_as_it_is_typed(looking: Any) -> None:
    page = looking.at("/automations/retention/declaration")
    text = page.input_value("#text")
    page.fill("#text", text.replace("optimise:", "optimize:"))
    page.wait_for_selector("text=It cannot run yet")
    assert "did you mean 'optimise'" in page.inner_text(".problems")
    page.fill("#text", text + "watch:\n  drift:\n    alert: false\n")
    page.wait_for_selector("text=Checked: it can run")
    assert "alert: false" in page.inner_text(".diff")
    looking.picture("declaration-changed")


def test_a_question_is_answered_and_a_change_refused(looking: Any) -> None:
    page = looking.at("/data")
    page.fill("#sql", "SELECT contract, count(*) AS customers FROM retention.raw GROUP BY contract ORDER BY contract")
    page.click("button:has-text('Ask')")
    page.wait_for_selector("td:has-text('Month-to-month')")
    page.fill("#sql", "DROP TABLE retention.raw")
    page.click("button:has-text('Ask')")
    page.wait_for_selector("text=one SELECT at a time")
