"""A share of decisions is made at random, and says what others would have earned: in a world where it is known."""

import random
from pathlib import Path

import pytest

from mainspring import Workspace
from mainspring.errors import DecideError, SpecError

from .conftest import customers, declare


def leaving(person: dict) -> float:
    """How probably a customer leaves whom nobody asks to stay."""
    return min(1.0, max(0.0, 0.9 - (person["tenure"] or 35) / 60 + person["charges"] / 150))


@pytest.fixture(scope="session")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that explores a fifth, in which 3,000 customers were decided about and half of those who leave stay when asked to."""
    folder = tmp_path_factory.mktemp("explored")
    with Workspace(folder / "space") as workspace:
        workspace.run(declare(folder, decide="  explore: 20%"))
        people = customers(3000)
        decided = workspace.decide("retention", people, reasons=False).to_pylist()
        dice = random.Random(3)
        rows = []
        for person, one in zip(people, decided, strict=True):
            leaves = dice.random() < leaving(person)
            kept = one["action"] == "offer" and dice.random() < 0.5
            rows.append(
                {
                    "decision": one["decision"],
                    "gain": (-100 if leaves and not kept else 0) - 20 * (one["action"] == "offer"),
                }
            )
        workspace.feedback("retention", rows)
    return folder / "space"


@pytest.fixture
def workspace(explored: Path):
    with Workspace(explored) as opened:
        yield opened


def test_the_share_is_kept_rules_are_and_every_choice_says_how_probable_it_was(workspace: Workspace) -> None:
    workspace.archive("retention")
    table = workspace.lake.sql(
        "select action, propensity, receipt like '%rule.before%' as ruled, receipt like '%explored%' as explored from retention.decisions"
    )
    rows = table.to_pylist()
    ruled = [row for row in rows if row["ruled"]]
    left = [row for row in rows if not row["ruled"]]
    assert {(row["action"], row["propensity"], row["explored"]) for row in ruled} == {("none", 1.0, False)}
    assert 0.17 < sum(row["explored"] for row in left) / len(left) < 0.23
    assert {round(row["propensity"], 9) for row in left} == {0.9, 0.1}
    assert {round(row["propensity"], 9) for row in left if not row["explored"]} == {0.9}


def test_chance_draws_the_same_again(workspace: Workspace) -> None:
    people = customers(40)
    ids = workspace.decide("retention", people, reasons=False)["decision"].to_pylist()
    told = [workspace.replay(id) for id in ids]
    assert all(one["same"] for one in told)
    assert any("explored" in one["receipt"]["codes"] for one in told)


def test_status_says_what_others_would_have_earned(workspace: Workspace) -> None:
    rows = {row["policy"]: row for row in workspace.status("retention")["realised"]["off_policy"]}
    assert {"without chance", "always none", "always offer", "threshold 50%"} <= set(rows)
    assert rows["always none"]["acts"] == 0
    # An offer costs 20 and keeps half of those who would leave: what is true of it no table of gains knew.
    always, never = rows["always offer"], rows["always none"]
    asked = [leaving(person) for person in customers(3000) if person["contract"] != "Two year"]
    lost = 100 * sum(asked) / len(asked)
    assert always["low"] < -20 - 0.5 * lost < always["high"]
    assert never["low"] < -lost < never["high"]
    assert always["low"] > never["high"]
    assert all(abs(row["snips"] - row["gain"]) < 15 for row in rows.values())


def test_what_if_another_threshold(workspace: Workspace) -> None:
    everybody = workspace.models.what_if("retention", threshold=0.0)
    nobody = workspace.models.what_if("retention", threshold=1.0)
    assert everybody["acts"] > 0.5 > nobody["acts"] == 0
    assert everybody["by_chance"]["difference"]["low"] > -5
    assert nobody["by_chance"]["difference"]["high"] < 0
    assert everybody["by_truth"] is None, "money was told, not what was true"
    own = workspace.models.what_if("retention")
    assert own["version"] == 1


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_there_is_no_such_threshold(workspace: Workspace, threshold: float) -> None:
    with pytest.raises(SpecError, match="threshold"):
        workspace.models.what_if("retention", threshold=threshold)


def test_without_outcomes_or_chance_it_says_so(learned: Path, tmp_path: Path) -> None:
    import shutil

    with Workspace(Path(shutil.copytree(learned, tmp_path / "space"))) as plain:
        with pytest.raises(DecideError, match="outcome"):
            plain.models.what_if("retention")
        ids = plain.decide("retention", customers(50))["decision"].to_pylist()
        plain.feedback("retention", [{"decision": id, "outcome": "Yes"} for id in ids])
        told = plain.models.what_if("retention", threshold=0.0)
        assert told["by_chance"] is None
        assert told["by_truth"]["gain"] == pytest.approx(120 * told["acts"] - 100 * (1 - told["acts"]))
        assert "off_policy" not in plain.status("retention")["realised"]


def test_capacity_that_runs_out_leaves_no_propensity(tmp_path: Path) -> None:
    with Workspace(tmp_path / "space") as workspace:
        workspace.run(declare(tmp_path, decide="  explore: 20%\n  capacity: 45 per week"))
        first = workspace.decide("retention", customers(40))["decision"].to_pylist()
        second = workspace.decide("retention", customers(40, seed=2), occasion="2")["decision"].to_pylist()
        workspace.archive("retention")
        known = {
            r["id"]: r["propensity"]
            for r in workspace.lake.sql("select id, propensity from retention.decisions").to_pylist()
        }
        assert all(known[id] is not None for id in first)
        assert all(known[id] is None for id in second)
        assert all(workspace.replay(id)["same"] for id in [*first, *second])
