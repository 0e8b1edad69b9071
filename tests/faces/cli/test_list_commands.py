"""The table of commands is what the commands are; nothing loads before it is run; the page is what the help says."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from mainspring.faces.cli.commands import COMMANDS
from mainspring.faces.cli.main import load

ROOT = Path(__file__).parents[3]


def ask(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [Path(sys.executable).with_name("mainspring"), *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_what_the_table_says(name: str) -> None:
    command = load(name)
    assert inspect.cleandoc(command.help).splitlines()[0] == COMMANDS[name].about
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--json", "--workspace", "-w"} <= options
    assert all(parameter.help for parameter in command.params)


def test_help_lists_every_command() -> None:
    shown = ask("--help")
    assert shown.returncode == 0
    assert not [name for name in COMMANDS if name not in shown.stdout]


@pytest.mark.parametrize("library", ["pyarrow", "polars", "pydantic", "fastapi", "numpy", "sqlalchemy", "ruamel"])
def test_help_loads_nothing_heavy(library: str) -> None:
    code = (
        "import sys\nfrom mainspring.faces.cli.main import main\n"
        f"try: main(['--help'])\nexcept SystemExit: sys.exit({library!r} in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_the_version_is_told() -> None:
    assert ask("--version").stdout.startswith("mainspring 0.")


def test_a_mistyped_command_is_guessed() -> None:
    told = ask("sttus")
    assert told.returncode == 2
    assert "status" in told.stderr


def test_the_shell_completes_commands() -> None:
    # Which shell asks is told by the processes above, and whoever runs the tests may be another.
    asked = ["bash", "-c", f'"{Path(sys.executable).with_name("mainspring")}" --show-completion; exit $?']
    shown = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert "mainspring" in shown.stdout, shown.stderr


def test_the_page_of_the_commands_is_fresh() -> None:
    made = subprocess.run([sys.executable, ROOT / "docs" / "cli_reference.py", "--check"], check=False)
    assert made.returncode == 0, "docs/cli.md is stale: python docs/cli_reference.py"
