"""A version proves itself beside the champion: nothing it does harms anybody, and outcomes say which of the two stays."""

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mainspring import Workspace
from mainspring.errors import NotFound, SpecError
from mainspring.run.desk import Rival

from .conftest import customers, declare

WRONG, RIGHT = 1, 2
EVEN = "true_positive: 100, false_positive: -100"


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two versions: the first learned that those leave who stay, the second what is so."""
    folder = tmp_path_factory.mktemp("challenge")
    path = declare(folder, gains=EVEN)
    with Workspace(folder / "space") as workspace:
        turn_round(folder / "customers.csv")
        workspace.run(path)
        turn_round(folder / "customers.csv")
        workspace.run(path, fresh=True)
    return folder / "space"


def turn_round(table: Path) -> None:
    """Those who stay leave, and those who leave stay."""
    lines = table.read_text(encoding="utf-8")
    table.write_text(
        lines.replace(",Yes\n", ",X\n").replace(",No\n", ",Yes\n").replace(",X\n", ",No\n"), encoding="utf-8"
    )


@pytest.fixture
def workspace(taught: Path, tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(shutil.copytree(taught, tmp_path / "space")) as opened:
        yield opened


def leaves(person: dict, dice: random.Random) -> bool:
    lasting = ["Month-to-month", "One year", "Two year", "新"].index(person["contract"]) % 3
    return dice.random() < 0.9 - (person["tenure"] or 35) / 60 - 0.4 * lasting + person["charges"] / 150


def live(workspace: Workspace, waves: int, *, size: int = 100, first: int = 0) -> list[dict]:
    """So many waves of customers are decided about, and what becomes of them is told after each."""
    dice, decided = random.Random(11 + first), []
    for wave in range(first, first + waves):
        people = customers(size, seed=100 + wave)
        rows = workspace.decide("retention", people, occasion=f"{wave}", reasons=False).to_pylist()
        decided += rows
        told = [
            {"decision": row["decision"], "outcome": "Yes" if leaves(person, dice) else "No"}
            for row, person in zip(rows, people, strict=True)
        ]
        workspace.feedback("retention", told)
        # Feedback judges by itself, but not while the last look has just been.
        workspace.models.judge("retention")
    return decided


def standing(workspace: Workspace) -> dict:
    return workspace.status("retention")["challenge"]


def test_a_shadow_that_earns_more_is_promoted_with_its_evidence(workspace: Workspace) -> None:
    workspace.models.promote("retention", WRONG)
    workspace.models.challenge("retention", RIGHT, {"at_least": "100 outcomes"}, why="it knows better")
    first = live(workspace, 1, size=50)
    assert {row["model_version"] for row in first} == {WRONG}
    assert workspace.actions.counts("retention")["waiting"] == sum(row["action"] == "offer" for row in first)
    so_far = standing(workspace)
    assert (so_far["state"], so_far["outcomes"]) == ("running", 50)
    assert so_far["low"] < so_far["difference"] < so_far["high"]
    live(workspace, 8, first=1)
    told = standing(workspace)
    assert told["state"] == "promoted"
    assert told["low"] > 0
    assert told["outcomes"] >= 100
    assert workspace.status("retention")["champion"] == RIGHT
    whats = [(change["what"], change["by"]) for change in workspace.models.changes("retention")][:2]
    assert whats == [("challenge ended", "the challenge"), ("promoted", "the challenge")]
    evidence = workspace.models.changes("retention")[0]["facts"]["evidence"]
    assert evidence["low"] > 0
    assert "earns more" in evidence["why"]
    assert {
        row["model_version"] for row in workspace.decide("retention", customers(5), occasion="after").to_pylist()
    } == {RIGHT}


def test_a_shadow_that_earns_less_is_rejected(workspace: Workspace) -> None:
    workspace.models.challenge("retention", WRONG, {"mode": "shadow", "at_least": 100})
    live(workspace, 9)
    assert standing(workspace)["state"] == "rejected"
    assert standing(workspace)["high"] < 0
    assert workspace.status("retention")["champion"] == RIGHT


def test_of_two_that_decide_alike_the_old_one_stays(workspace: Workspace, taught: Path) -> None:
    workspace.run(taught.parent / "retention.yaml", fresh=True)
    workspace.models.promote("retention", RIGHT)
    workspace.models.challenge("retention", 3, {"at_least": 20})
    live(workspace, 1)
    assert standing(workspace)["state"] == "running"
    assert abs(standing(workspace)["difference"]) < 3
    assert workspace.models.end_challenge("retention", "enough")["version"] == 3
    assert standing(workspace)["state"] == "stopped"
    assert workspace.status("retention")["champion"] == RIGHT


def test_who_cannot_be_told_from_the_champion_does_not_stand_for_ever(workspace: Workspace, taught: Path) -> None:
    workspace.run(taught.parent / "retention.yaml", fresh=True)
    workspace.models.promote("retention", RIGHT)
    workspace.models.challenge("retention", 3, {"at_least": 20})
    live(workspace, 2)
    assert standing(workspace)["state"] == "rejected"
    assert "too close to tell" in workspace.models.changes("retention")[0]["facts"]["evidence"]["why"]
    assert workspace.status("retention")["champion"] == RIGHT


@pytest.mark.parametrize(("challenger", "ends"), [(WRONG, "rejected"), (RIGHT, "promoted")])
def test_a_canary_decides_about_its_share_and_keys_stay(workspace: Workspace, challenger: int, ends: str) -> None:
    champion = WRONG + RIGHT - challenger
    workspace.models.promote("retention", champion)
    workspace.models.challenge("retention", challenger, {"mode": "canary", "share": "30%", "at_least": 100})
    people = customers(400)
    rows = [workspace.decide("retention", people, occasion=f"{n}", reasons=False).to_pylist() for n in range(2)]
    versions = [[row["model_version"] for row in wave] for wave in rows]
    assert versions[0] == versions[1], "a key stays where it is"
    assert 0.2 < versions[0].count(challenger) / 400 < 0.4
    assert all(workspace.replay(row["decision"])["same"] for row in rows[0][:40])
    acting = sum(row["action"] == "offer" for wave in rows for row in wave)
    assert workspace.actions.counts("retention")["waiting"] == acting
    live(workspace, 25, size=200)
    assert standing(workspace)["state"] == ends
    assert workspace.status("retention")["champion"] == RIGHT


def test_one_record_at_a_time_is_decided_alike(workspace: Workspace) -> None:
    workspace.models.challenge("retention", WRONG, {"mode": "canary", "share": 0.5})
    people = customers(30)
    many = workspace.decide("retention", people, reasons=False)["decision"].to_pylist()
    alone = [workspace.decide("retention", person, reasons=False)["decision"][0].as_py() for person in people]
    assert many == alone


def test_a_challenger_that_breaks_harms_nobody(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.models.challenge("retention", WRONG, {"mode": "canary", "share": 1.0})
    workspace.decide("retention", customers(2), occasion="before")
    rival = workspace._front.desk("retention").rival
    assert isinstance(rival, Rival)
    for way in ("decide", "decide_one"):
        monkeypatch.setattr(rival.desk.decider, way, lambda *_, **__: 1 / 0)
    rows = live(workspace, 1, size=12)
    assert {row["model_version"] for row in rows} == {RIGHT}
    assert standing(workspace)["state"] == "rejected"
    assert "could not decide" in standing(workspace)["why"]


def test_whoever_is_promoted_by_hand_ends_the_challenge(workspace: Workspace) -> None:
    workspace.models.challenge("retention", WRONG)
    workspace.models.promote("retention", WRONG)
    assert workspace.models.judge("retention") == "promoted"
    assert standing(workspace)["state"] == "promoted"


def test_another_challenger_takes_the_place(workspace: Workspace) -> None:
    workspace.models.challenge("retention", WRONG)
    workspace.models.challenge("retention", WRONG, {"mode": "canary"})
    assert [change["what"] for change in workspace.models.changes("retention")][:3] == [
        "challenge begun", "challenge ended", "challenge begun",
    ]  # fmt: skip
    assert standing(workspace)["mode"] == "canary"


@pytest.mark.parametrize(
    ("version", "terms", "error", "told"),
    [
        (RIGHT, {}, SpecError, "is the champion"), (9, {}, NotFound, "version"), (WRONG, {"mode": "loud"}, SpecError, "mode"),
        (WRONG, {"share": "0%"}, SpecError, "share"), (WRONG, {"share": "200%"}, SpecError, "share"),
        (WRONG, {"at_least": "many"}, SpecError, "at_least"), (WRONG, {"length": 3}, SpecError, "length"),
        (WRONG, {"within": "for ever"}, SpecError, "write a time"), (WRONG, {"within": "0s"}, SpecError, "more than zero"),
        (WRONG, {"decisions": "0 decisions"}, SpecError, "more than zero"), (WRONG, {"decisions": "all"}, SpecError, "50000"),
    ],
)  # fmt: skip
def test_a_challenge_that_cannot_be_is_refused(
    workspace: Workspace, version: int, terms: dict, error: type, told: str
) -> None:
    with pytest.raises(error, match=told):
        workspace.models.challenge("retention", version, terms)
    assert standing(workspace) is None


def test_a_declared_challenger_does_not_decide_at_once(taught: Path, tmp_path: Path) -> None:
    space = Path(shutil.copytree(taught, tmp_path / "space"))
    path = declare(tmp_path, gains=EVEN, rest="watch: {challenger: {mode: canary, share: 20%, at_least: 300 outcomes}}")
    with Workspace(space) as workspace:
        workspace.models.promote("retention", WRONG)
        result = workspace.run(path)
        assert not result.champion
        told = standing(workspace)
        assert (told["version"], told["champion"], told["mode"], told["share"], told["at_least"]) == (
            3,
            WRONG,
            "canary",
            0.2,
            300,
        )
        assert "challenger" in next(v for v in workspace.models.list("retention") if v.version == 3).aliases


def later(**time: float) -> datetime:
    return datetime.now(UTC) + timedelta(**time)


def test_where_no_outcome_ever_comes_it_ends_undecided_and_people_are_told_once(workspace: Workspace) -> None:
    workspace.models.challenge("retention", WRONG)
    workspace.decide("retention", customers(20), reasons=False)
    until = datetime.fromisoformat(standing(workspace)["until"])
    assert workspace.models.judge("retention", at=until - timedelta(seconds=1)) is None
    assert workspace.models.judge("retention", at=until) == "undecided"
    assert workspace.models.judge("retention", at=until + timedelta(days=1)) is None
    told = standing(workspace)
    assert (told["state"], told["outcomes"], told["low"]) == ("undecided", 0, None)
    assert "no outcome tells of it, and 200 were waited for; the champion stays" in told["why"]
    assert workspace.status("retention")["champion"] == RIGHT
    whats = [change["what"] for change in workspace.models.changes("retention")]
    assert whats[:3] == ["raised an alert", "challenge ended", "challenge begun"]
    (alert,) = workspace.alerts.list("retention")
    assert (alert["mark"], alert["state"]) == (f"challenge:version {WRONG}", "open")
    assert "no outcome tells of it" in alert["what"]
    assert {row["model_version"] for row in workspace.decide("retention", customers(3)).to_pylist()} == {RIGHT}
    workspace.models.challenge("retention", WRONG)
    assert standing(workspace)["state"] == "running"


def test_of_some_outcomes_it_is_said_how_many(workspace: Workspace) -> None:
    workspace.models.challenge("retention", WRONG, {"at_least": 100, "within": "2h"})
    live(workspace, 1, size=40)
    assert workspace.models.judge("retention", at=later(hours=1)) is None
    assert workspace.models.judge("retention", at=later(hours=3)) == "undecided"
    assert "40 outcomes tell of it, and 100 were waited for" in standing(workspace)["why"]


def test_enough_outcomes_decide_at_the_limit_too(workspace: Workspace) -> None:
    workspace.models.promote("retention", WRONG)
    workspace.models.challenge("retention", RIGHT, {"at_least": 100, "within": "2h"})
    workspace._front._judge_after["retention"] = float("inf")
    people, dice = customers(900, seed=100), random.Random(11)
    rows = workspace.decide("retention", people, reasons=False).to_pylist()
    told = [
        {"decision": row["decision"], "outcome": "Yes" if leaves(person, dice) else "No"}
        for row, person in zip(rows, people, strict=True)
    ]
    workspace.feedback("retention", told)
    assert workspace.models.judge("retention", at=later(hours=3)) == "promoted"
    assert workspace.alerts.list("retention") == []


def test_enough_outcomes_that_do_not_tell_end_undecided_at_the_limit(workspace: Workspace, taught: Path) -> None:
    workspace.run(taught.parent / "retention.yaml", fresh=True)
    workspace.models.promote("retention", RIGHT)
    workspace.models.challenge("retention", 3, {"at_least": 20})
    live(workspace, 1)
    assert workspace.models.judge("retention", at=later(days=31)) == "undecided"
    assert "it cannot be told which earns more" in standing(workspace)["why"]


def test_whoever_waits_for_people_to_agree_does_not_wait_beyond_the_limit(workspace: Workspace, tmp_path: Path) -> None:
    path = declare(tmp_path, gains=EVEN, rest="watch: {approvals: 2}")
    turn_round(tmp_path / "customers.csv")
    wrong = workspace.run(path, fresh=True).version
    workspace.models.challenge("retention", RIGHT, {"at_least": "100 outcomes"})
    live(workspace, 9)
    so_far = standing(workspace)
    assert so_far["state"] == "running"
    assert so_far["low"] > 0
    assert workspace.models.judge("retention", at=later(days=31)) == "undecided"
    told = standing(workspace)
    assert "it earns more" in told["why"]
    assert "2 people must agree; the champion stays" in told["why"]
    assert workspace.status("retention")["champion"] == wrong
    (alert,) = workspace.alerts.list("retention")
    assert "2 people must agree" in alert["what"]
    # What it proved still stands: people may agree afterwards.
    assert not workspace.models.promote("retention", RIGHT, by="ann")["champion"]
    assert workspace.models.promote("retention", RIGHT, by="bo")["champion"]


def test_so_many_decisions_are_a_limit_as_well(workspace: Workspace) -> None:
    workspace.models.challenge("retention", WRONG, {"decisions": "30 decisions"})
    workspace.decide("retention", customers(29), reasons=False)
    assert workspace.models.judge("retention") is None
    workspace.decide("retention", customers(1, seed=8), reasons=False)
    assert workspace.models.judge("retention") == "undecided"
    assert "it stood beside 30 decisions" in standing(workspace)["why"]


DYING = """
import os, signal, sys
from datetime import UTC, datetime, timedelta
from mainspring import Workspace
from mainspring.backends.store.challenge.challenges import Challenges
from mainspring.backends.store.watching.alerts import Alerting

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

end = Challenges.end
if sys.argv[2] == "within":
    Alerting.note = die
else:
    Challenges.end = lambda *given, **more: end(*given, **more) and die()
with Workspace(sys.argv[1]) as space:
    space.models.judge("retention", at=datetime.now(UTC) + timedelta(days=31))
"""


@pytest.mark.parametrize("where", ["within", "after"])
def test_whoever_is_killed_while_ending_it_leaves_all_of_it_or_nothing(workspace: Workspace, where: str) -> None:
    workspace.models.challenge("retention", WRONG)
    ran = subprocess.run([sys.executable, "-c", DYING, str(workspace.place), where], timeout=120, check=False)
    assert ran.returncode == -9
    assert standing(workspace)["state"] == ("running" if where == "within" else "undecided")
    assert len(workspace.alerts.list("retention")) == (0 if where == "within" else 1)
    workspace.models.judge("retention", at=later(days=31))
    assert standing(workspace)["state"] == "undecided"
    assert [one["mark"] for one in workspace.alerts.list("retention")] == [f"challenge:version {WRONG}"]
    whats = [change["what"] for change in workspace.models.changes("retention")]
    assert (whats.count("challenge ended"), whats.count("raised an alert")) == (1, 1)


def test_the_limit_counts_from_when_an_outcome_can_count_and_the_declared_address_is_told(
    taught: Path, tmp_path: Path
) -> None:
    space = Path(shutil.copytree(taught, tmp_path / "space"))
    watch = "watch: {alert: {to: ['https://ops.example/told']}}"
    path = declare(tmp_path, gains=EVEN, decide="  feedback: {after: 60 days}", rest=watch)
    with Workspace(space) as workspace:
        workspace.run(path)
        workspace.models.promote("retention", 3)
        with pytest.raises(SpecError, match="ends before any outcome counts"):
            workspace.models.challenge("retention", RIGHT, {"within": "60d"})
        workspace.models.challenge("retention", RIGHT)
        assert workspace.models.judge("retention", at=later(days=89)) is None
        assert workspace.models.judge("retention", at=later(days=91)) == "undecided"
        assert workspace.models.judge("retention", at=later(days=92)) is None
        (sent,) = workspace.actions.list("retention")
        assert (sent["action"], sent["state"]) == ("alert", "waiting")
