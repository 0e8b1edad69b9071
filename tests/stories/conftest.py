"""The company's declarations, and the ``mainspring`` command as its people type it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from company import DECLARATION


@pytest.fixture
def declare(tmp_path: Path) -> Callable[..., Path]:
    """Write a declaration over a table in the test's folder."""

    def write(table: str = "customers.csv", *, source: str = "", prepare: str = "", rest: str = "") -> Path:
        path = tmp_path / "churn.yaml"
        text = DECLARATION.format(table=table, source=f", {source}" if source else "", prepare=prepare, rest=rest)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def mainspring(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Type a command in the test's folder."""

    def run(*arguments: object, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mainspring", *map(str, arguments)]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, input=stdin, check=False, timeout=240
        )

    return run
