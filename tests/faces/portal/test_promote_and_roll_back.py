"""Another version decides because two people say so on its page, and the one before decides again because one does."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mainspring import Workspace

pytestmark = pytest.mark.slow
HERE = "/automations/retention/versions"


@pytest.fixture(scope="module")
def agreed(declaration: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two versions, of which two people must say that another decides; nothing was decided or watched there."""
    folder = tmp_path_factory.mktemp("agreed")
    shutil.copy(declaration.parent / "customers.csv", folder)
    written = declaration.read_text(encoding="utf-8").replace("40s", "12s").replace("[linear, lightgbm]", "[linear]")
    (folder / "retention.yaml").write_text(written + "watch: {approvals: 2}\n", encoding="utf-8")
    with Workspace(folder / "space") as workspace:
        workspace.run(folder / "retention.yaml")
        (folder / "retention.yaml").write_text(
            written.replace("12s", "11s") + "watch: {approvals: 2}\n", encoding="utf-8"
        )
        workspace.run(folder / "retention.yaml")
        assert [found.version for found in workspace.models.list("retention")] == [1, 2]
        assert workspace.status("retention")["champion"] == 1
    return folder / "space"


@pytest.fixture(scope="module")
def people(agreed: Path) -> dict[str, str]:
    with Workspace(agreed) as workspace:
        roles = {"wang": ["approver"], "li": ["approver"], "zhao": ["operator"]}
        return {name: workspace.keys.new(name, role)["key"] for name, role in roles.items()}


@pytest.fixture(scope="module")
def there(agreed: Path, people: dict[str, str], serve: Any, browse: Any) -> Iterator[Any]:
    with serve(agreed) as (url, _), browse(url) as looking:
        yield looking


def deciding(place: Path) -> int:
    with Workspace(place) as workspace:
        return workspace.status("retention")["champion"]


def promote(there: Any, key: str, why: str) -> Any:
    there.sign_in(key)
    page = there.at(HERE)
    form = page.locator("form[data-do=promote]")
    form.locator("select").select_option("2")
    form.locator("input[name=why]").fill(why)
    form.locator("button").click()
    return page


def test_nothing_was_watched_and_the_page_says_what_to_do(there: Any, people: dict[str, str], agreed: Path) -> None:
    there.sign_in(people["zhao"])
    page = there.at("/automations/retention/watch")
    page.wait_for_selector("text=Nobody has looked yet.")
    page.wait_for_selector("text=Nothing was decided yet.")
    assert there.findings() == []
    there.picture("watch-begin-light")
    with Workspace(agreed) as workspace:
        workspace.decide("retention", [{"customer": f"A{i}", "tenure": i, "contract": "One year"} for i in range(5)])
    page = there.at("/automations/retention/watch", language="zh", theme="dark", width=390)
    page.wait_for_selector("text=还没有查看过。")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert there.findings() == []
    page.click("button:has-text('现在查看')")
    page.wait_for_selector("text=决策还太少")


def test_an_operator_promotes_nothing(there: Any, people: dict[str, str], agreed: Path) -> None:
    page = promote(there, people["zhao"], "because I can")
    page.wait_for_selector("text=this needs the role approver")
    assert deciding(agreed) == 1


def test_two_agree_and_one_goes_back(there: Any, people: dict[str, str], agreed: Path) -> None:
    page = promote(there, people["wang"], "it looks better")
    page.wait_for_selector("td:has-text('stands by')")
    page.wait_for_selector("text=version 2 does not decide yet")
    assert deciding(agreed) == 1
    page = promote(there, people["wang"], "and again")
    page.wait_for_selector("text=version 2 does not decide yet")
    page = promote(there, people["li"], "so I think too")
    page.wait_for_selector("text=Version 2 decides from now on.")
    assert deciding(agreed) == 2
    page.wait_for_selector("tr:has-text('so I think too')")
    there.picture("versions-promoted")
    assert there.findings() == []
    form = page.locator("form[data-do=rollback]")
    form.locator("input[name=why]").fill("customers complained")
    form.locator("button").click()
    page.wait_for_selector("text=Version 1 decides from now on.")
    assert deciding(agreed) == 1
    with Workspace(agreed) as workspace:
        newest = workspace.models.changes("retention", 1)[0]
    assert (newest["what"], newest["facts"]["why"]) == ("rolled back", "customers complained")
    assert newest["by"].startswith("li ")
    page = promote(there, people["wang"], "once more")
    page.wait_for_selector("text=version 2 does not decide yet")  # who had agreed before is asked anew


def test_versions_are_compared(there: Any, people: dict[str, str]) -> None:
    there.sign_in(people["zhao"])
    page = there.at(HERE)
    page.locator("form[data-do=compare] button").click()
    page.wait_for_selector("h3:has-text('What was declared otherwise')")
    assert "time: 11.0" in page.inner_text(".diff")
    assert there.findings() == []


def test_how_a_challenge_stands_and_why_it_ended_is_shown(there: Any, people: dict[str, str], agreed: Path) -> None:
    there.sign_in(people["zhao"])
    with Workspace(agreed) as workspace:
        workspace.models.challenge("retention", 2)
        page = there.at(HERE)
        page.wait_for_selector("text=0 of at least 200 outcomes tell of it so far.")
        assert workspace.models.judge("retention", at=datetime.now(UTC) + timedelta(days=31)) == "undecided"
    page = there.at(HERE)
    page.wait_for_selector("p:has-text('Version 2 beside version 1, as a shadow') >> text=undecided")
    page.wait_for_selector("p:has-text('no outcome tells of it, and 200 were waited for; the champion stays')")
    page.wait_for_selector("tr:has-text('challenge ended'):has-text('no outcome tells of it')")
    there.picture("versions-undecided")
    assert there.findings() == []
    page = there.at(HERE, language="zh", theme="dark", width=390)
    page.wait_for_selector("p:has-text('没有结果能说明它的情况，需等待 200 个；现用版本保留')")
    page.wait_for_selector("tr:has-text('挑战结束')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert there.findings() == []
    assert "challenged" not in there.at("/").inner_text("main")


def test_a_deprecated_field_is_shown(there: Any, people: dict[str, str], agreed: Path) -> None:
    with Workspace(agreed) as workspace:
        workspace.contracts.deprecations.say_of_field("retention", "tenure", {"instead": "charges"})
    there.sign_in(people["zhao"])
    page = there.at("/automations/retention")
    page.wait_for_selector("tr:has-text('tenure'):has-text('charges')")
    assert there.findings() == []
    page = there.at("/automations/retention/try", language="zh")
    page.wait_for_selector("label:has-text('tenure') >> text=已弃用")
    assert "tenure" not in page.inner_text("pre")
    assert there.findings() == []
    there.picture("try-deprecated")
