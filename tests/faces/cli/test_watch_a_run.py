"""The leaderboard of a search on a terminal, and nothing of it elsewhere."""

import io
import json

from rich.console import Console

from mainspring.faces.cli.show.progress import LiveProgress, PlainProgress


def standing(name: str, score: float | None, state: str, why_not: str | None = None) -> dict:
    return {
        "name": name,
        "score": score,
        "seconds": 1.25,
        "folds_done": 1,
        "folds": 5,
        "state": state,
        "why_not": why_not,
    }


def pictured(lines: list[dict]) -> list[str]:
    console = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    progress = LiveProgress(console)
    progress.step("learn", "features, candidates, blend")
    progress.update("linear, fold 1", 0.3)
    progress.standings(lines)
    with console.capture() as capture:
        console.print(progress.picture())
    return capture.get().rstrip().splitlines()


def test_the_best_is_on_top_and_what_is_left_out_below() -> None:
    told = pictured(
        [
            standing("linear", 0.8512, "done"),
            standing("odd", None, "left out", "no memory"),
            standing("xgboost", None, "waiting"),
        ]
    )
    assert [line.split()[0] for line in told[-3:]] == ["linear", "xgboost", "odd"]
    assert "0.8512" in told[-3]
    assert "1/5" in told[-3]
    assert "left out: no memory" in told[-1]


def test_a_long_portfolio_stays_short() -> None:
    told = pictured([standing(f"candidate_{i}", None, "waiting") for i in range(40)])
    assert len(told) <= 15
    assert "and 29 more" in told[-1]


def test_no_leaderboard_without_a_terminal() -> None:
    text = io.StringIO()
    PlainProgress(Console(file=text)).standings([standing("linear", 0.8, "done")])
    assert text.getvalue() == ""


def test_candidates_are_listed(ask) -> None:
    known = json.loads(ask("run", "--candidates", "list", "--json").stdout)
    assert {"linear", "lightgbm"} <= {line["name"] for line in known}
    assert "name" in ask("run", "--candidates", "list").stdout


def test_a_run_without_a_file_is_refused(ask) -> None:
    refused = ask("run")
    assert refused.exit_code == 2
    assert "name a declaration" in refused.output


def test_nothing_to_resume_is_told(ask, declaration) -> None:
    told = str(ask("run", str(declaration), "--resume", "--quiet", "--budget", "30s").exception)
    assert "no interrupted run of 'retention'" in told
