"""Rows on a terminal, in a pipe, in JSON; a run on a terminal and elsewhere."""

import io
import json
from datetime import UTC, datetime

import pytest
from rich.console import Console

from mainspring.faces.cli.show.progress import LiveProgress, PlainProgress
from mainspring.faces.cli.show.rows import show, show_facts
from mainspring.faces.cli.show.terminal import cell
from mainspring.table import to_arrow

ROWS = [{"key": "A", "gain": 12.5, "reasons": ["x", "y"]}, {"key": "[red]", "gain": None, "reasons": []}]


def test_a_pipe_gets_csv(capsys: pytest.CaptureFixture) -> None:
    show(to_arrow(ROWS))
    assert capsys.readouterr().out == "key,gain,reasons\nA,12.5,x; y\n[red],,\n"


def test_a_program_gets_json(capsys: pytest.CaptureFixture) -> None:
    show([{"at": datetime(2026, 1, 2, tzinfo=UTC), "name": "保留"}], in_json=True)
    assert json.loads(capsys.readouterr().out) == [{"at": "2026-01-02 00:00:00+00:00", "name": "保留"}]
    show([], in_json=True)
    assert json.loads(capsys.readouterr().out) == []


def test_nothing_is_said_beside_the_result(capsys: pytest.CaptureFixture) -> None:
    show([], empty="no actions")
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "no actions\n")


def test_a_terminal_gets_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    show(ROWS * 30)
    told = capsys.readouterr()
    assert "[red]" in told.out
    assert "12.5" in told.out
    assert "20 more rows" in told.err


def test_facts_are_a_line_each(capsys: pytest.CaptureFixture) -> None:
    show_facts({"automation": "retention", "realised_gain": 1234567.0, "counts": {"a": 1}})
    assert capsys.readouterr().out.splitlines() == [
        "automation     retention", "realised gain  1,234,567", "counts         a 1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, ""), (0.123456, "0.1235"), (1e7, "10,000,000"), (3, "3"), (True, "True"), ([1, [2]], "1; 2")],
)
def test_a_cell_reads_well(value: object, shown: str) -> None:
    assert cell(value) == shown


def told(kind: type[LiveProgress] | type[PlainProgress], terminal: bool) -> str:
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=100, highlight=False)
    with kind(console) as progress:
        progress.step("collect", "reading customers.csv")
        progress.done("collect", "400 rows", repeated=True)
        progress.step("learn", "choosing a model")
        progress.update("lightgbm, best so far profit 12.3", 1.7)
        if isinstance(progress, LiveProgress):
            console.print(progress.picture())
        progress.done("learn", "a blend of 3")
    return text.getvalue()


def test_a_run_elsewhere_is_a_line_a_step() -> None:
    lines = told(PlainProgress, terminal=False).splitlines()
    assert lines[0] == "collect: 400 rows (done before)"
    assert lines[1].startswith("learn: a blend of 3 (0.")


def test_a_run_on_a_terminal_ticks_its_steps() -> None:
    text = told(LiveProgress, terminal=True)
    assert "✓" in text
    assert "best so far profit 12.3" in text
    assert "choosing a model" in text
