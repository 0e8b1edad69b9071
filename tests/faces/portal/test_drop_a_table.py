"""From a dropped table to a decision in the browser, without writing a line."""

from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.slow


def shown(keys: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {keys['admin']}"}


def test_a_table_becomes_a_decision(looking: Any, declaration: Path) -> None:
    page = looking.at("/new")
    page.set_input_files("input[type=file]", declaration.parent / "customers.csv")
    page.wait_for_selector("text=What should be predicted?")
    assert page.is_checked("input[name=target][value=churn]")
    page.fill("#name", "leavers")
    page.wait_for_selector("text=Checked: it can run")
    looking.picture("choose-light")
    assert looking.findings() == []
    page.click("button:has-text('Run')")
    page.wait_for_selector("text=Step by step")
    page.wait_for_selector("text=decides from now on", timeout=120_000)
    looking.picture("run-light")
    assert looking.findings() == []
    page.click("a.button:has-text('Try it')")
    page.wait_for_selector("text=A record")
    page.fill("input[name=tenure]", "60")
    page.wait_for_selector(".ring")


def test_a_name_that_cannot_be_is_told_at_once(looking: Any, declaration: Path) -> None:
    page = looking.at("/new")
    page.set_input_files("input[type=file]", declaration.parent / "customers.csv")
    page.wait_for_selector("text=What should be predicted?")
    page.fill("#name", "No Name")
    page.wait_for_selector("text=It cannot run yet")


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("empty.csv", b"", 422),
        ("page.exe", b"MZ", 422),
        ("../../escape.csv", b"a,b\n1,2\n3,4\n", 201),
        ("broken.parquet", b"PAR1 not really", 422),
        ("", b"a,b\n1,2\n", 201),
    ],
)
def test_what_is_no_table_is_refused_and_stays_inside(
    served: str, keys: dict[str, str], place: Path, name: str, body: bytes, status: int
) -> None:
    answer = httpx.post(f"{served}/portal/files", params={"name": name}, content=body, headers=shown(keys))
    assert answer.status_code == status, answer.text
    assert not (place.parent / "escape.csv").exists()
    assert all(path.parent.parent == place / "uploads" for path in (place / "uploads").rglob("*") if path.is_file())
    if status != 201:
        assert answer.headers["content-type"] == "application/problem+json"


def test_evidence_outside_its_folder_is_not_served(served: str, keys: dict[str, str]) -> None:
    for path in ("..%2F..%2Fkey", "../key", "x/../../mainspring.toml", "%2e%2e/%2e%2e/key"):
        assert httpx.get(f"{served}/portal/evidence/{path}", headers=shown(keys)).status_code == 404
