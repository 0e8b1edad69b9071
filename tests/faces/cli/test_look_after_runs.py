import json
from collections.abc import Callable

from typer.testing import Result

Ask = Callable[..., Result]


def test_runs_are_listed_and_shown(ask: Ask) -> None:
    listed = json.loads(ask("runs", "--json").stdout)
    assert {run["state"] for run in listed} == {"finished"}
    shown = ask("runs", "show", listed[0]["run"])
    assert shown.exit_code == 0
    assert "learn" in shown.stdout
    told = json.loads(ask("runs", "show", listed[0]["run"], "--json").stdout)
    assert [step["step"] for step in told["steps"]][-2:] == ["register", "report"]


def test_what_is_not_there_is_told(ask: Ask) -> None:
    for verb in ("show", "resume", "cancel"):
        asked = ask("runs", verb, "nobody")
        assert type(asked.exception).__name__ == "NotFound"


def test_a_finished_run_stays_finished(ask: Ask) -> None:
    run = json.loads(ask("runs", "--json").stdout)[0]["run"]
    for verb in ("resume", "cancel"):
        assert json.loads(ask("runs", verb, run, "--json").stdout)["state"] == "finished"
