"""No more cores are counted than this process may use."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import mainspring.cores
from mainspring.cores import cores

ASK = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); from mainspring.cores import cores; print(cores())"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="affinity is Linux's")
def test_those_it_is_kept_from_do_not_count() -> None:
    told = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert int(told.stdout) == 1


@pytest.mark.parametrize(("told", "most"), [("50000 100000", 1), ("100000 100000\n", 1), ("150000 100000", 2)])
def test_a_container_s_quota_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, most: int) -> None:
    whole = cores()
    (tmp_path / "cpu.max").write_text(told)
    monkeypatch.setattr(mainspring.cores, "QUOTA", tmp_path / "cpu.max")
    assert cores() == min(whole, most)


@pytest.mark.parametrize("told", ["max 100000\n", "", "no number", "1 0", "1 2 3", "ä"])
def test_without_a_quota_all_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    whole = cores()
    (tmp_path / "cpu.max").write_text(told, encoding="utf-8")
    monkeypatch.setattr(mainspring.cores, "QUOTA", tmp_path / "cpu.max")
    assert cores() == whole
