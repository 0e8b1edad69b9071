"""Mistakes are told without a traceback, with the exit code that says whose they are; in JSON if that was asked for."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from mainspring.errors import BadRecord, LearnError, Problem, SpecError
from mainspring.faces.cli.complaints import complain, report_surprise
from mainspring.faces.cli.main import main

WRONG = """\
name: retention
source: {table: customers.csv}
learn:
  target: churn
  optimize: profit
  limits: {time: soon}
"""


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "retention.yaml"
    path.write_text(WRONG, encoding="utf-8")
    return path


def test_check_names_every_problem_with_its_line(run_script, wrong: Path) -> None:
    told = run_script("check", wrong)
    assert told.returncode == 2
    assert f"{wrong}:5 learn.optimize" in told.stderr
    assert "did you mean 'optimise'" in told.stderr
    assert f"{wrong}:6 learn.limits.time" in told.stderr
    assert "Traceback" not in told.stderr
    assert told.stdout == ""


def test_check_in_json(run_script, wrong: Path) -> None:
    told = run_script("check", wrong, "--json")
    assert told.returncode == 2
    plain = json.loads(told.stderr)
    assert [(problem["path"], problem["line"]) for problem in plain["problems"]] == [
        ("learn.optimize", 5),
        ("learn.limits.time", 6),
    ]


def test_a_right_declaration_passes(run_script, declaration: Path) -> None:
    told = run_script("check", declaration)
    assert (told.returncode, told.stdout) == (0, "")
    assert "no problems" in told.stderr


def test_a_missing_file(run_script, tmp_path: Path) -> None:
    for command in ("check", "run"):
        told = run_script(command, "nothing.yaml", cwd=tmp_path)
        assert told.returncode == 2
        assert "nothing.yaml" in told.stderr
        assert "Traceback" not in told.stderr


def test_an_unknown_automation_is_guessed(run_script, place: Path) -> None:
    told = run_script("status", "retentoin", "-w", place)
    assert told.returncode == 2
    assert "did you mean 'retention'?" in told.stderr


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["promote", "retention", "first"], ["status", "--nope"], ["sql"], ["stats"], ["run", "a", "b"]],
)
def test_wrong_arguments(capsys: pytest.CaptureFixture, arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "Usage" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main([*arguments, "--json"])
    assert json.loads(capsys.readouterr().err)["error"] == "Usage"


def test_a_reader_that_leaves_is_no_error(place: Path, run_script) -> None:
    script = run_script("--version").args[0]
    query = "select * from range(200000)"
    told = subprocess.run(
        f"'{script}' sql '{query}' -w '{place}' | head -1", shell=True, capture_output=True, text=True, check=False
    )
    assert told.stdout
    assert told.stderr == ""


def test_colours_are_for_terminals(run_script, wrong: Path) -> None:
    assert "\x1b" not in run_script("check", wrong).stderr
    forced = run_script("check", wrong, env={**os.environ, "FORCE_COLOR": "1"})
    assert "\x1b" in forced.stderr


def test_what_where_and_remedy(capsys: pytest.CaptureFixture) -> None:
    complain(LearnError("nothing could be learned", where="retention", remedy="give more rows"), in_json=False)
    assert capsys.readouterr().err == "✗ retention: nothing could be learned\n  → give more rows\n"


def test_markup_in_data_is_not_obeyed(capsys: pytest.CaptureFixture) -> None:
    complain(LearnError("column '[bold]x[/bold]' [/]"), in_json=False)
    assert "'[bold]x[/bold]' [/]" in capsys.readouterr().err


def test_fields_and_problems_are_listed(capsys: pytest.CaptureFixture) -> None:
    complain(BadRecord("fields are wrong", fields={"tenure": "must be a number"}), in_json=False)
    assert "  tenure: must be a number" in capsys.readouterr().err
    complain(
        SpecError("wrong", where="a.yaml", problems=[Problem("learn.x", "unknown key", 3, "did you mean 'y'?")]),
        in_json=False,
    )
    assert "a.yaml:3 learn.x  unknown key → did you mean 'y'?" in capsys.readouterr().err


def test_in_json_an_error_is_an_object(capsys: pytest.CaptureFixture) -> None:
    complain(BadRecord("fields are wrong", fields={"tenure": "must be a number"}), in_json=True)
    assert json.loads(capsys.readouterr().err) == {
        "error": "BadRecord", "what": "fields are wrong", "where": "", "remedy": "", "fault": "user",
        "fields": {"tenure": "must be a number"},
    }  # fmt: skip


def test_a_surprise_keeps_what_it_quotes_to_itself(capsys: pytest.CaptureFixture) -> None:
    report_surprise(ValueError("secret 42"), in_json=False)
    told = capsys.readouterr().err
    assert "ValueError" in told
    assert "MAINSPRING_DEBUG=1" in told
    assert "42" not in told
