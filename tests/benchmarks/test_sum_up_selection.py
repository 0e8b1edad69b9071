"""The arithmetic of the comparison, on cells made by hand."""

from pathlib import Path

import numpy as np
import pytest

from selection import markdown, results, summary
from selection.results import Cell

OURS, PEER, THIRD = "mainspring", "flaml", "lightgbm"


def cell(tool: str, table: str, score: float | None, seed: int = 0, **more: object) -> Cell:
    known = {"metric": "roc_auc", "train_seconds": 50.0, "single_p50_ms": 1.0} | more
    return Cell(
        tool, table, seed, 60.0, score=score, error="" if score is not None else "exit status 1: killed", **known
    )


CELLS = [
    cell(OURS, "a", 0.90, load_before=5.25), cell(PEER, "a", 0.80, single_p50_ms=30.0), cell(THIRD, "a", 0.70),
    cell(OURS, "b", 2.0, metric="rmse"), cell(PEER, "b", 1.0, metric="rmse", single_p50_ms=50.0), cell(THIRD, "b", 4.0, metric="rmse"),
    cell(OURS, "c", 0.8, train_seconds=62.9), cell(PEER, "c", None), cell(THIRD, "c", 0.8, train_seconds=63.1),
]  # fmt: skip


def test_a_table_counts_where_every_tool_has_finished() -> None:
    unfinished = [*CELLS, cell(OURS, "d", 0.9)]
    assert list(summary.values(unfinished, [OURS, PEER, THIRD])) == ["a", "b", "c"]
    assert list(summary.values(unfinished, [OURS])) == ["a", "b", "c", "d"]


def test_seeds_are_averaged_before_tables_are_compared() -> None:
    cells = [
        cell(OURS, "a", 0.9),
        cell(OURS, "a", 0.5, 1),
        cell(PEER, "a", 0.8),
        cell(PEER, "a", 0.8, 1),
        cell(OURS, "a", 0.0, 2),
    ]
    assert summary.values(cells, [OURS, PEER]) == {"a": {OURS: pytest.approx(0.7), PEER: pytest.approx(0.8)}}


def test_scores_are_stretched_from_worst_to_best() -> None:
    scored = summary.values(CELLS, [OURS, PEER, THIRD])
    assert summary.normalised(scored["a"]) == {OURS: 1.0, PEER: pytest.approx(0.5), THIRD: 0.0}
    assert summary.normalised(scored["b"]) == {
        OURS: pytest.approx(2 / 3),
        PEER: 1.0,
        THIRD: 0.0,
    }  # a small error is a good one
    assert summary.normalised(scored["c"]) == {OURS: 1.0, PEER: 0.0, THIRD: 1.0}


def test_what_failed_is_last() -> None:
    scored = summary.values(CELLS, [OURS, PEER, THIRD])
    assert summary.ranks(scored["c"]) == {OURS: 1.5, PEER: 3.0, THIRD: 1.5}
    assert summary.ranks({OURS: -np.inf, PEER: -np.inf}) == {OURS: 1.5, PEER: 1.5}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (0.9, 0.8, 1), (0.8, 0.9, -1), (0.85, 0.85004, 0), (0.85, 0.8502, -1), (-30_000, -30_001, 0),
        (0.5, -np.inf, 1), (-np.inf, -np.inf, 0),
    ],
)  # fmt: skip
def test_scores_within_the_margin_tie(one: float, other: float, expected: int) -> None:
    assert summary.compare(one, other) == expected


def test_wins_ties_and_losses_have_an_interval() -> None:
    found = summary.duel(summary.values(CELLS, [OURS, PEER]), OURS, PEER)
    assert (found.wins, found.ties, found.losses) == (2, 0, 1)
    assert found.share == pytest.approx(2 / 3)
    assert found.low <= found.share <= found.high
    assert found == summary.duel(summary.values(CELLS, [OURS, PEER]), OURS, PEER)


def test_the_interval_narrows_with_tables() -> None:
    few, many = (summary.interval(np.tile([0.0, 1.0], count)) for count in (5, 200))
    assert many[1] - many[0] < few[1] - few[0]
    assert np.isnan(summary.interval(np.array([]))).all()


def test_a_budget_is_kept_within_five_percent() -> None:
    assert summary.kept([c for c in CELLS if c.tool == OURS]) == 1.0
    assert summary.kept([c for c in CELLS if c.tool == THIRD]) == pytest.approx(2 / 3)
    assert summary.overrun([c for c in CELLS if c.tool == THIRD]) == pytest.approx(63.1 / 60 - 1)


def test_costs_are_compared_table_by_table() -> None:
    assert summary.ratio(CELLS, "single_p50_ms", OURS, PEER) == pytest.approx(30)  # of 30, 50 and 1
    assert np.isnan(summary.ratio(CELLS, "batch_seconds", OURS, PEER))


def test_a_run_goes_on_after_a_line_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "results.jsonl"
    assert results.read(path) == {}
    for each in (*CELLS, cell(OURS, "a", 0.95)):
        results.append(path, each)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole + whole.splitlines()[0][:40], encoding="utf-8")
    read = results.read(path)
    assert len(read) == len(CELLS)
    assert read[(OURS, "a", 0, 60.0)].score == 0.95  # the newest line of a cell counts
    assert read[(PEER, "c", 0, 60.0)] == CELLS[7]


def test_the_report_says_who_failed_and_what_was_compared() -> None:
    told = markdown.report(CELLS, each_table=True)
    assert "Failed: flaml on c (seed 0): exit status 1." in told
    assert "| a (roc_auc) | 1     | 0.9000     | 0.8000 | 0.7000   |" in told
    assert "median 5.2, at most 5.2." in told  # whether the machine was busy
    duels = told.split("\n\n")[2]
    assert [text.strip() for text in duels.splitlines()[2].split("|")[1:6]] == ["flaml", "3", "2", "0", "1"]
