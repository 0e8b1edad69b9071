"""Two million rows in bounded memory, and a disk that fills up while a run writes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from company import customers, write_csv

from mainspring import Workspace
from mainspring.errors import NoSpace

pytestmark = pytest.mark.slow
Declare = Callable[..., Path]

RUN = """
import json, re, sys
from pathlib import Path
from mainspring import Workspace
with Workspace(sys.argv[1]) as workspace:
    result = workspace.run(sys.argv[2])
    # ru_maxrss would begin with what the test's own process has.
    peak = 1024 * int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
    print(json.dumps({"counts": dict(result.counts), "version": result.version, "peak": peak}))
"""


def test_two_million_rows_in_bounded_memory(tmp_path: Path, declare: Declare) -> None:
    dice, count = np.random.default_rng(5), 2_000_000
    tenure, year = dice.integers(0, 71, count), dice.integers(0, 2, count)
    leaves = dice.random(count) < 0.85 - tenure / 90 - 0.2 * year
    with (tmp_path / "customers.csv").open("w", encoding="utf-8") as file:
        file.write("customer,tenure,contract,charges,churn\n")
        for start in range(0, count, 100_000):
            file.writelines(
                f"C{i},{tenure[i]},{'year' if year[i] else 'month'},{i % 9000 / 100},{'Yes' if leaves[i] else 'No'}\n"
                for i in range(start, start + 100_000)
            )
    size = (tmp_path / "customers.csv").stat().st_size
    ran = subprocess.run(
        [sys.executable, "-c", RUN, tmp_path / "space", declare()],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = json.loads(ran.stdout)
    assert told["counts"]["rows"] == count
    assert sum(told["counts"][part] for part in ("duplicates", "unlabelled", "quarantined", "train", "test")) == count
    assert told["peak"] < 60 * size, f"{told['peak'] / 1e9:.1f} GB for a file of {size / 1e6:.0f} MB"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2500k", "tmpfs", place], check=False).returncode
    ):
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_is_told_and_the_same_command_goes_on_once_there_is_room(
    tmp_path: Path, small_disk: Path, declare: Declare
) -> None:
    rows = customers(3000)
    dice = np.random.default_rng(1)
    noise = [[f"{v:.12f}" for v in dice.random(30)] for _ in rows[1:]]
    write_csv(
        tmp_path / "customers.csv",
        [[*rows[0], *(f"n{j}" for j in range(30))], *([*a, *b] for a, b in zip(rows[1:], noise, strict=True))],
    )
    declaration = declare()
    ballast = small_disk / "ballast"
    with Workspace(small_disk / "space") as workspace:
        free = os.statvfs(small_disk)
        ballast.write_bytes(b"x" * max(0, free.f_bavail * free.f_frsize - 400_000))
        with pytest.raises(NoSpace) as full:
            workspace.run(declaration)
        assert full.value.remedy
        assert workspace.models.list("churn") == []
        ballast.unlink()
        subprocess.run(["mount", "-o", "remount,size=200m", small_disk], check=True)
        result = workspace.run(declaration)
        assert result.version == 1
        assert result.counts["rows"] == 3000
        assert workspace.lake.sql("select count(*) n, count(distinct customer) d from churn.raw").to_pylist() == [
            {"n": 3000, "d": 3000}
        ]


def test_the_demo_runs_to_its_end(tmp_path: Path) -> None:
    demo = Path(__file__).parents[2] / "docs" / "examples" / "retention" / "demo.py"
    ran = subprocess.run([sys.executable, demo], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=280)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    assert "Report:" in ran.stdout
    with Workspace(tmp_path / ".mainspring-demo") as workspace:
        earned = workspace.status("retention")["realised"]
        assert earned["outcomes"] == 2113
        assert earned["mainspring"]["gain"] > max(
            earned[other]["gain"] for other in ("nobody", "everybody", "top_decile")
        )
        assert set(workspace.actions.counts("retention")) == {"done"}
        archived = workspace.lake.sql("select count(*) n, count(distinct id) d from retention.decisions").to_pylist()
        assert archived == [{"n": 2113, "d": 2113}]
