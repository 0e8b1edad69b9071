import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mainspring.faces.cli.main import app

Ask = Callable[..., Result]
SCRIPT = Path(sys.executable).with_name("mainspring")


@pytest.fixture
def ask(place: Path) -> Ask:
    """Run a command in this process, on the learned workspace."""

    def asked(*arguments: str, stdin: str | None = None) -> Result:
        env = {"MAINSPRING_WORKSPACE": str(place)}
        return CliRunner().invoke(app, list(arguments), input=stdin, env=env)

    return asked


@pytest.fixture
def run_script() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the console script as a user does."""

    def ran(*arguments: str | Path, **rest) -> subprocess.CompletedProcess[str]:
        return subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, check=False, **rest)

    return ran
