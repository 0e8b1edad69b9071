import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mainspring import Workspace
from mainspring.errors import NotFound, SourceError

DRIVER = """
import json, sys
from mainspring import Workspace
with Workspace(sys.argv[1]) as workspace:
    print(json.dumps(workspace.runs.campaign("offers", sys.argv[2], batch=50, occasion="spring")))
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "many.parquet"
    rows = [{"customer": f"M{number}", "tenure": float(number % 6)} for number in range(2_000)]
    rows[7]["tenure"] = float("nan")
    rows[9]["tenure"] = "soon"  # pyright: ignore[reportArgumentType]
    columns = {
        "customer": [r["customer"] for r in rows],
        "tenure": [str(r["tenure"]) if r["tenure"] == r["tenure"] else None for r in rows],
    }
    pq.write_table(pa.table(columns), path)
    return path


def told(workspace: Workspace) -> dict[str, int]:
    return {"decisions": workspace.status("offers")["decisions"], "actions": len(workspace.actions.list("offers"))}


def test_every_row_is_decided_once(ruled: Path, table: Path) -> None:
    with Workspace(ruled) as workspace:
        came = workspace.runs.campaign("offers", str(table), batch=300)
        assert {name: came[name] for name in ("rows", "decided", "repeated", "wrong", "wrong_fields")} == {
            "rows": 2_000, "decided": 1_999, "repeated": 0, "wrong": 1, "wrong_fields": {"tenure": 1},
        }  # fmt: skip
        (run,) = [run for run in workspace.runs.list("offers") if run["kind"] == "campaign"]
        steps = workspace.runs.show(run["run"])["steps"]
        assert [step["step"] for step in steps] == ["version", *(f"batch {number}" for number in range(1, 8))]
        assert told(workspace)["decisions"] == 1_999
        again = workspace.runs.campaign("offers", str(table), occasion=came["occasion"])
        assert (again["decided"], again["repeated"]) == (0, 1_999), "the same occasion is the same decision"


def test_its_own_source_when_no_table_is_told(ruled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Workspace(ruled) as workspace:
        assert workspace.runs.campaign("offers")["decided"] == 20
        assert workspace.runs.campaign("offers")["decided"] == 20, "another campaign is another occasion"
        with pytest.raises(NotFound):
            workspace.runs.campaign("offer")
        with pytest.raises(SourceError):
            workspace.runs.campaign("offers", "nowhere.csv")


@pytest.mark.slow
def test_killed_again_and_again(ruled: Path, table: Path) -> None:
    dice = random.Random(5)
    command = [sys.executable, "-c", DRIVER, str(ruled), str(table)]
    killed = 0
    for _ in range(8):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(dice.uniform(1.0, 2.5))
            process.kill()
        killed += process.returncode == -signal.SIGKILL
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert killed
    assert json.loads(ran.stdout)["rows"] == 2_000
    with Workspace(ruled) as workspace:
        found = told(workspace)
        assert found["decisions"] == 1_999
        decided = sum(1 for number in range(2_000) if number not in (7, 9) and number % 6 < 3)
        assert found["actions"] == decided


def test_rows_that_changed_meanwhile_are_told(ruled: Path, table: Path) -> None:
    class Impatient:
        def step(self, name: str, about: str) -> None: ...
        def standings(self, lines) -> None: ...
        def done(self, name: str, facts: str, *, repeated: bool = False) -> None: ...
        def update(self, text: str, share: float) -> None:
            if text == "600 rows":
                raise KeyboardInterrupt

    with Workspace(ruled) as workspace:
        with pytest.raises(KeyboardInterrupt):
            workspace.runs.campaign("offers", str(table), batch=300, progress=Impatient())
        kept = pq.read_table(table)
        pq.write_table(kept.slice(1), table)
        with pytest.raises(SourceError, match=r"the rows of batch 1 are not what they were(.|\n)*--fresh --occasion"):
            workspace.runs.campaign("offers", str(table), batch=300)
        pq.write_table(kept, table)
        assert workspace.runs.campaign("offers", str(table), batch=300)["rows"] == 2_000
        assert len([run for run in workspace.runs.list() if run["kind"] == "campaign"]) == 1, "it was the same one"
        assert told(workspace)["decisions"] == 1_999
