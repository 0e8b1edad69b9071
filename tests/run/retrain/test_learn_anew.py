"""A version is learned anew from what is new, held against the one that decides, and decides only where it is surely better."""

import random
from pathlib import Path

import pytest

from mainspring import Workspace
from mainspring.errors import NotFound, QualityError, SpecError, StoreError
from mainspring.run.retrain.outcomes import rows_like

from .conftest import customers, declare, live, write

YEAR = 2024


def test_where_the_law_has_changed_the_new_version_learns_from_what_came_since_and_decides(
    workspace: Workspace,
) -> None:
    dice = random.Random(2)
    live(workspace, customers(dice, 1000, 200))
    live(workspace, customers(dice, 2000, 400, flipped=True))
    made = workspace.models.retrain("churn", why="they leave otherwise now")
    assert (made["version"], made["champion"], made["decision"]) == (2, True, "promote")
    told = made["comparison"]
    assert 0 < told["low"] < told["difference"] == pytest.approx(told["new"] - told["old"])
    rows = made["rows"]
    assert (rows["collected"], rows["outcomes"]) == (400, 600)
    # Of the 400 of the new law some test; the others, and few of before, are what was learned from.
    assert 400 - rows["test"] - 20 <= rows["train"] <= 400 - rows["test"] + 40
    assert workspace.status("churn")["champion"] == 2
    loyal = {"customer": "X", "tenure": 69, "charges": 50.0}
    assert workspace.decide("churn", loyal).to_pylist()[0]["prediction"] == "Yes"
    promoted = workspace.models.changes("churn")[0]
    assert (promoted["what"], promoted["facts"]["version"]) == ("promoted", 2)
    assert "surely better" in promoted["facts"]["why"]


def test_the_old_one_is_kept_where_the_new_one_is_not_better_and_it_is_written_down_why(workspace: Workspace) -> None:
    live(workspace, customers(random.Random(3), 1000, 300))
    made = workspace.models.retrain("churn")
    assert (made["champion"], made["decision"]) == (False, "reject")
    assert workspace.status("churn")["champion"] == 1
    rejected = workspace.models.changes("churn")[0]
    assert (rejected["what"], rejected["facts"]["version"]) == ("rejected", 2)
    assert rejected["facts"]["why"] == made["why"]
    assert rejected["facts"]["evidence"]["against"] == 1
    version = workspace.models.list("churn")[1]
    assert made["why"] in version.card.notes
    assert version.aliases == ()
    assert made["why"] in Path(made["report"]).read_text(encoding="utf-8")


def test_neither_was_trained_on_the_rows_that_compare_them(workspace: Workspace) -> None:
    before = workspace.lake.read("churn.clean").to_pylist()
    live(workspace, customers(random.Random(4), 1000, 200))
    workspace.models.retrain("churn")
    after = workspace.lake.read("churn.clean").to_pylist()
    trained = {row["customer"] for row in (*before, *after) if row["_part"] == "train"}
    tested = [row["customer"] for row in after if row["_part"] == "test"]
    assert not trained & set(tested)
    assert tested == [f"C{1000 + number}" for number in range(200 - len(tested), 200)]


def test_by_time_nothing_that_came_later_is_learned_from(tmp_path: Path) -> None:
    dice = random.Random(5)
    people = [
        ({**one, "day": f"{YEAR}-01-{1 + n // 20:02d}"}, left) for n, (one, left) in enumerate(customers(dice, 0, 400))
    ]
    write(tmp_path / "customers.csv", people)
    with Workspace(tmp_path / "space") as workspace:
        workspace.run(declare(tmp_path, source=", time: day"))
        later = [
            ({**one, "day": f"{YEAR}-02-{1 + n // 10:02d}"}, left)
            for n, (one, left) in enumerate(customers(dice, 1000, 200))
        ]
        write(tmp_path / "customers.csv", people + later)
        made = workspace.models.retrain("churn")
        rows = workspace.lake.read("churn.clean").to_pylist()
    assert made["rows"]["outcomes"] == 0
    assert max(row["day"] for row in rows if row["_part"] == "train") < min(
        row["day"] for row in rows if row["_part"] == "test"
    )


def test_young_outcomes_do_not_count_yet(folder: Path) -> None:
    with Workspace(folder / "space") as workspace:
        workspace.run(declare(folder, decide="feedback: {after: 30 days}"))
        live(workspace, customers(random.Random(6), 1000, 100))
        made = workspace.models.retrain("churn")
    assert made["rows"] | {"train": 0, "test": 0} == {
        "collected": 400, "outcomes": 0, "waiting": 100, "silent": 0, "left_out": 0, "train": 0, "test": 0,
    }  # fmt: skip
    assert made["comparison"]["rows"] == 80  # those that the version before was tested on


def test_where_nothing_is_untrained_it_says_so(folder: Path) -> None:
    with Workspace(folder / "space") as workspace:
        workspace.run(declare(folder))
        kept = [row["customer"] for row in workspace.lake.read("churn.clean").to_pylist() if row["_part"] == "train"]
        lines = (folder / "customers.csv").read_text(encoding="utf-8").splitlines()
        some = [lines[0], *(line for line in lines[1:] if line.split(",")[0] in kept)]
        (folder / "customers.csv").write_text("\n".join(some) + "\n", encoding="utf-8")
        with pytest.raises(QualityError, match="was not trained on"):
            workspace.models.retrain("churn")


def test_what_did_well_before_is_tried_first_and_what_did_not_is_left_out(folder: Path) -> None:
    from mainspring.backends.opening import Settings, open_backends
    from mainspring.run.retrain.earlier import EXPLORED, TAKEN, earlier_of

    path = declare(folder)
    path.write_text(
        path.read_text(encoding="utf-8").replace("candidates: [linear, decision_tree]", "").replace("60s", "15s"),
        encoding="utf-8",
    )
    with Workspace(folder / "space") as workspace:
        run = workspace.run(path)
    backends = open_backends(Settings.read(folder / "space"))
    earlier = earlier_of(backends, backends.registry.get("churn"))
    backends.close()
    blend = [line["name"] for line in sorted(run.leaderboard, key=lambda line: -line["weight"]) if line["weight"] > 0]
    assert [member.name.partition("@")[0] for member in earlier.members] == blend
    assert len(earlier.order) <= TAKEN + EXPLORED
    assert earlier.lost
    assert not set(earlier.lost) & (set(blend) | set(earlier.order))


@pytest.mark.parametrize(
    ("promote", "decision", "champion", "standing"),
    [
        ("ask", "ask", 1, ("challenger",)),
        ("never", "reject", 1, ()),
        ("when_proved", "challenge", 1, ("challenger",)),
        ("always", "promote", 2, ("champion",)),
    ],
)
def test_who_decides_then_is_as_declared(
    folder: Path, promote: str, decision: str, champion: int, standing: tuple
) -> None:
    with Workspace(folder / "space") as workspace:
        workspace.run(declare(folder, rest=f"watch: {{retrain: {{promote: {promote}}}}}"))
        live(workspace, customers(random.Random(7), 1000, 400, flipped=True))
        made = workspace.models.retrain("churn", budget="20s")
        assert made["decision"] == decision
        assert workspace.status("churn")["champion"] == champion
        assert workspace.models.list("churn")[1].aliases == standing
        running = workspace.status("churn")["challenge"]
        assert (running is not None and running["state"] == "running") == (decision == "challenge")
        declared = workspace.models.list("churn")[1].facts["declaration"]
        assert declared["learn"]["limits"]["time"] == 60.0  # the budget was for this once


def test_it_can_be_learned_anew_again_and_again(workspace: Workspace) -> None:
    dice = random.Random(8)
    live(workspace, customers(dice, 1000, 300, flipped=True))
    assert workspace.models.retrain("churn")["champion"]
    live(workspace, customers(dice, 2000, 300), occasion="back")
    made = workspace.models.retrain("churn")
    assert made["champion"], made["why"]
    assert made["comparison"]["against"] == 2
    assert workspace.models.repeat("churn", 3)["same"] in ("bytes", "answers")


def test_wrong_calls_are_refused(workspace: Workspace, folder: Path) -> None:
    with pytest.raises(NotFound):
        workspace.models.retrain("chrun")
    with pytest.raises(SpecError, match="budget"):
        workspace.models.retrain("churn", budget="soon")
    live(workspace, customers(random.Random(9), 1000, 60))
    seen = folder / "space" / "records" / "churn" / "1.rows.npz"
    seen.write_bytes(seen.read_bytes()[:100])
    with pytest.raises(StoreError, match="cannot be read"):
        workspace.models.retrain("churn")


def test_odd_values_of_records_do_not_spoil_the_rows() -> None:
    import pyarrow as pa

    schema = pa.schema([("tenure", pa.int64()), ("plan", pa.string()), ("paid", pa.bool_()), ("rate", pa.float64())])
    rows = [
        {"tenure": 3, "plan": "a", "paid": True, "rate": 1, "more": "unknown"},
        {"tenure": "7", "plan": 7, "paid": "true", "rate": "1.5"},
        {"tenure": "soon", "plan": None, "paid": "perhaps", "rate": [1]},
        {"tenure": 2**70, "plan": {"a": 1}, "rate": float("inf")},
    ]
    assert rows_like(schema, rows).to_pylist() == [
        {"tenure": 3, "plan": "a", "paid": True, "rate": 1.0},
        {"tenure": 7, "plan": "7", "paid": True, "rate": 1.5},
        {"tenure": None, "plan": None, "paid": None, "rate": None},
        {"tenure": None, "plan": "{'a': 1}", "paid": None, "rate": float("inf")},
    ]
