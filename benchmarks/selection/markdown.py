"""Markdown: finished cells as tables to read in a terminal and to paste in RESULTS.md."""

import math
from collections.abc import Iterable, Sequence
from statistics import fmean

from selection import summary
from selection.results import Cell
from selection.tools import MAINSPRING

MB = 1e6


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Padded, so that it reads as it stands."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    padded = [
        "| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    return "\n".join([padded[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *padded[1:]])


def one_line(cell: Cell) -> str:
    """A finished cell."""
    if cell.error:
        return f"{cell.table} seed {cell.seed} {cell.tool}: FAILED, {cell.error}"
    return (
        f"{cell.table} seed {cell.seed} {cell.tool}: {cell.metric} {_number(cell.score)} in {_number(cell.train_seconds)} s · "
        f"row {_number(cell.single_p50_ms)} ms · {_number(_mb(cell.peak_pss))} MB"
    )


def standing(cells: Sequence[Cell], at: str) -> str:
    """After a table: its scores, and how Mainspring stands so far."""
    tools = _tools(cells)
    here = {cell.tool: cell for cell in cells if cell.table == at}
    told = "  ".join(f"{tool} {_score(here.get(tool))}" for tool in tools)
    peers = [tool for tool in tools if tool != MAINSPRING]
    if MAINSPRING not in tools or not peers:
        return f"  {at}: {told}"
    duels = [(peer, summary.duel(summary.values(cells, [MAINSPRING, peer]), MAINSPRING, peer)) for peer in peers]
    return f"  {at}: {told}\n  so far: " + " · ".join(f"{d.wins}-{d.ties}-{d.losses} {peer}" for peer, d in duels)


def report(cells: Sequence[Cell], *, each_table: bool) -> str:
    """Quality and cost of each tool, Mainspring against each peer, and with ``each_table`` every score."""
    tools = _tools(cells)
    parts = [
        _quality(cells, tools),
        _cost(cells, tools),
        _duels(cells, tools),
        *([_scores(cells, tools)] if each_table else []),
    ]
    notes = sorted({cell.note for cell in cells if cell.note})
    failed = [f"{c.tool} on {c.table} (seed {c.seed}): {c.error.partition(':')[0]}" for c in cells if c.error]
    parts += ["Note: " + "; ".join(notes) + "."] if notes else []
    parts += ["Failed: " + "; ".join(failed) + "."] if failed else []
    return "\n\n".join([*parts, _load(cells), _versions(cells)])


def _quality(cells: Sequence[Cell], tools: Sequence[str]) -> str:
    scored = summary.values(cells, tools)
    normal = [summary.normalised(each) for each in scored.values()]
    places = [summary.ranks(each) for each in scored.values()]
    rows = []
    for tool in tools:
        own = [cell for cell in cells if cell.tool == tool]
        mean = [_number(fmean(each[tool] for each in found)) if found else "" for found in (normal, places)]
        kept, worst = _percent(summary.kept(own)), _percent(summary.overrun(own))
        rows.append([
            tool, str(len(scored)), *mean, str(sum(bool(cell.error) for cell in own)),
            _number(summary.middle(own, "train_seconds")), kept, worst,
        ])  # fmt: skip
    head = [
        "tool",
        "tables",
        "normalised score",
        "mean rank",
        "failed",
        "train s (median)",
        "time kept (≤ 5 % over)",
        "worst overrun",
    ]
    return table(head, rows)


def _cost(cells: Sequence[Cell], tools: Sequence[str]) -> str:
    rows = []
    for tool in tools:
        own = [cell for cell in cells if cell.tool == tool]
        single = [_number(summary.middle(own, f"{way}_{p}_ms")) for way in ("single", "front") for p in ("p50", "p99")]
        size, memory = (_number(summary.middle(own, name) / MB) for name in ("model_bytes", "peak_pss"))
        rows.append([tool, *single, _number(summary.middle(own, "batch_seconds")), size, memory])
    head = [
        "tool (medians)",
        "row p50 ms",
        "row p99 ms",
        "by Workspace p50",
        "p99",
        "10,000 rows s",
        "model MB",
        "peak memory MB",
    ]
    return table(head, rows)


def _duels(cells: Sequence[Cell], tools: Sequence[str]) -> str:
    rows = []
    for peer in tools if MAINSPRING in tools else ():
        if peer != MAINSPRING:
            scored = summary.values(cells, [MAINSPRING, peer])
            found = summary.duel(scored, MAINSPRING, peer)
            share = f"{_percent(found.share)} ({_percent(found.low)} to {_percent(found.high)})"
            ratios = [
                _number(summary.ratio(cells, field, MAINSPRING, peer))
                for field in ("single_p50_ms", "batch_seconds", "peak_pss")
            ]
            rows.append([peer, str(len(scored)), str(found.wins), str(found.ties), str(found.losses), share, *ratios])
    head = [
        "mainspring against",
        "tables",
        "wins",
        "ties",
        "losses",
        "won, ties half (95 %)",
        "row ×",
        "10,000 rows ×",
        "memory ×",
    ]
    return table(head, rows)


def _scores(cells: Sequence[Cell], tools: Sequence[str]) -> str:
    by_place: dict[tuple[str, str], dict[str, list[Cell]]] = {}
    for cell in cells:
        by_place.setdefault((cell.table, cell.metric), {}).setdefault(cell.tool, []).append(cell)
    rows = [
        [
            f"{name} ({metric})",
            str(max(len(c) for c in found.values())),
            *(_mean(found.get(tool, [])) for tool in tools),
        ]
        for (name, metric), found in by_place.items()
    ]
    return table(["table", "seeds", *tools], rows)


def _load(cells: Sequence[Cell]) -> str:
    """A peer that had to share its cores is not measured in its strongest form."""
    loads = [cell.load_before for cell in cells if cell.load_before is not None]
    told = f"median {summary.middle(cells, 'load_before'):.1f}, at most {max(loads):.1f}" if loads else "not known"
    return f"Load average before each cell (the cell before it brings up to 2): {told}."


def _versions(cells: Sequence[Cell]) -> str:
    known: dict[str, set[str]] = {}
    for cell in cells:
        for name, version in cell.versions.items():
            known.setdefault(name, set()).add(version)
    return "Versions: " + ", ".join(f"{name} {'/'.join(sorted(found))}" for name, found in sorted(known.items())) + "."


def _tools(cells: Sequence[Cell]) -> list[str]:
    return sorted({cell.tool for cell in cells}, key=lambda tool: (tool != MAINSPRING, tool))


def _mean(cells: Sequence[Cell]) -> str:
    if not cells:
        return ""
    return (
        "failed"
        if any(c.score is None for c in cells)
        else _number(fmean(c.score for c in cells if c.score is not None))
    )


def _score(cell: Cell | None) -> str:
    return "-" if cell is None else "failed" if cell.score is None else _number(cell.score)


def _mb(size: int | None) -> float | None:
    return None if size is None else size / MB


def _percent(share: float) -> str:
    return "" if math.isnan(share) else f"{share:.0%}"


def _number(value: float | None) -> str:
    """Four digits that count, without an exponent."""
    if value is None or math.isnan(value):
        return ""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4f}" if abs(value) < 1 else f"{value:.4g}"
