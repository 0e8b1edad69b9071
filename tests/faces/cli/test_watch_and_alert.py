"""``watch`` and ``alerts`` on the command line: for people, for programs, and for those who mistype."""

import csv
import json
import random
from pathlib import Path

import pytest

from mainspring.faces.cli.main import main


@pytest.fixture
def own(place: Path, copied, tmp_path: Path) -> Path:
    """A copy of the workspace, in which decisions of this test alone are looked at."""
    copied(place, tmp_path / "space")
    return tmp_path / "space"


@pytest.fixture
def gaps(tmp_path: Path) -> Path:
    """Customers of whom half the tenures are missing."""
    dice = random.Random(3)
    path = tmp_path / "gaps.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["customer", "tenure", "contract", "charges"])
        for number in range(300):
            tenure = "" if number % 2 else dice.randint(0, 70)
            contract = dice.choice(["Month-to-month", "One year", "Two year"])
            rows.writerow([f"G{number}", tenure, contract, round(dice.uniform(20, 110), 2)])
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int | str | None, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return ended.value.code, told.out, told.err


def test_rows_of_a_file_are_looked_at(own: Path, gaps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "watch", "retention", "--rows", gaps, "-w", own)
    assert code == 0
    assert "missing values: tenure 50.0%" in out
    code, out, _ = run(capsys, "watch", "retention", "--rows", gaps, "-w", own, "--json")
    found = json.loads(out)["findings"]
    assert "missing" in {one["subject"] for one in found}


def test_an_alert_is_listed_taken_on_and_muted(
    own: Path, gaps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "alerts", "-w", own)[1:] == ("", "no alerts\n")
    for occasion in ("1", "2"):
        run(capsys, "decide", "retention", gaps, "-o", tmp_path / "out.csv", "--occasion", occasion, "-w", own)
        code, out, _ = run(capsys, "watch", "retention", "-w", own)
        assert (code, "missing values: tenure" in out) == (0, True)
    listed = json.loads(run(capsys, "alerts", "-w", own, "--json")[1])
    (alert,) = [one for one in listed if one["mark"] == "quality:missing"]
    assert alert["state"] == "open"
    assert json.loads(run(capsys, "alerts", "retention", "-w", own, "--json")[1]) == listed
    assert "acknowledged" in run(capsys, "alerts", "acknowledge", alert["id"], "--why", "a new form", "-w", own)[1]
    code, out, _ = run(capsys, "alerts", "mute", alert["id"], "--for", "2h", "-w", own, "--json")
    assert (code, json.loads(out)["muted_until"] is None) == (0, False)
    assert (
        json.loads(run(capsys, "alerts", "mute", alert["id"], "--for", "0", "-w", own, "--json")[1])["muted_until"]
        is None
    )


@pytest.mark.parametrize(("arguments", "told"), [
    (("watch", "retentoin"), "did you mean 'retention'?"), (("alerts", "acknowledge", "nonsense"), "there is no alert 'nonsense'"),
    (("alerts", "mute", "nonsense", "--for", "soon"), "no such length of time"),
])  # fmt: skip
def test_a_mistake_is_told(
    own: Path, arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, *arguments, "-w", own)
    assert (code, out) == (2, "")
    assert told in err
