"""Progress: a run as it happens: live on a terminal, a line a step elsewhere."""

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

SECONDS_BETWEEN_LINES = 10.0
NAME = 12
MOST_LINES = 11
STYLES = {"learning": "cyan", "done": "green", "left out": "yellow", "waiting": "dim"}


class LiveProgress:
    """Steps ticked with their seconds; under them the one under way, with a bar and what it has found so far."""

    def __init__(self, console: Console) -> None:
        self._spinner = Spinner("dots", style="cyan")
        self._name, self._about, self._text, self._share = "", "", "", 0.0
        self._lines: Sequence[Mapping[str, Any]] = ()
        self._since = time.monotonic()
        self._live = Live(console=console, refresh_per_second=8, get_renderable=self.picture, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._live.stop()

    def step(self, name: str, about: str) -> None:
        self._name, self._about, self._text, self._share = name, about, "", 0.0
        self._since = time.monotonic()

    def update(self, text: str, share: float) -> None:
        self._text, self._share = text, min(1.0, max(0.0, share))

    def standings(self, lines: Sequence[Mapping[str, Any]]) -> None:
        self._lines = lines

    def done(self, name: str, facts: str, *, repeated: bool = False) -> None:
        self._live.console.print(_ticked(name, facts, time.monotonic() - self._since, repeated=repeated))
        self._name, self._lines = "", ()

    def picture(self) -> RenderableType:
        if not self._name:
            return Text()
        self._spinner.update(text=Text(f"{self._name:<{NAME}} {self._about}", style="bold"))
        row = Table.grid(padding=(0, 1))
        row.add_row(
            Text(" " * NAME), ProgressBar(total=1.0, completed=self._share, width=30),
            Text(f"{time.monotonic() - self._since:5.1f} s", style="cyan"),
            Text(self._text, style="dim", no_wrap=True, overflow="ellipsis"),
        )  # fmt: skip
        parts: list[RenderableType] = [self._spinner, *([row] if self._text else []), *_leaderboard(self._lines)]
        return Group(*parts)


def _leaderboard(lines: Sequence[Mapping[str, Any]]) -> list[RenderableType]:
    """The best first, at most ``MOST_LINES``; those left out make room for the others."""
    if not lines:
        return []
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(" " * NAME + " candidate")
    for title in ("score", "folds", "seconds"):
        table.add_column(title, justify="right")
    table.add_column("state", no_wrap=True, overflow="ellipsis")
    shown = sorted(lines, key=lambda line: line["state"] == "left out")[:MOST_LINES]
    for line in shown:
        score = "" if line["score"] is None else f"{line['score']:.5g}"
        state = f"{line['state']}: {line['why_not']}" if line["why_not"] else line["state"]
        table.add_row(
            Text(" " * NAME + f" {line['name']}"), score, f"{line['folds_done']}/{line['folds']}", f"{line['seconds']:.1f}",
            Text(state, style=STYLES.get(line["state"], "")),
        )  # fmt: skip
    rest = len(lines) - len(shown)
    return [table, Text(" " * NAME + f" … and {rest} more", style="dim")] if rest else [table]


def _ticked(name: str, facts: str, seconds: float, *, repeated: bool) -> Text:
    spent = "done before" if repeated else f"{seconds:.1f} s"
    return Text("✓ ", style="green") + Text(f"{name:<{NAME}}", style="bold") + Text(f" {facts}  ") + Text(spent, "dim")


class PlainProgress:
    """A line a finished step, and now and then one in between."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._name = ""
        self._since = self._spoke = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass

    def step(self, name: str, about: str) -> None:  # noqa: ARG002
        self._name = name
        self._since = self._spoke = time.monotonic()

    def update(self, text: str, share: float) -> None:
        now = time.monotonic()
        if now - self._spoke >= SECONDS_BETWEEN_LINES:
            self._spoke = now
            self._say(f"… {self._name}: {text} ({share:.0%})")

    def standings(self, lines: Sequence[Mapping[str, Any]]) -> None: ...

    def done(self, name: str, facts: str, *, repeated: bool = False) -> None:
        spent = "done before" if repeated else f"{time.monotonic() - self._since:.1f} s"
        self._say(f"{name}: {facts} ({spent})")

    def _say(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=True)


def watching(*, quiet: bool = False) -> LiveProgress | PlainProgress:
    """On standard error, so that the result can be piped."""
    console = Console(stderr=True, highlight=False, quiet=quiet)
    if quiet:
        return PlainProgress(console)
    return LiveProgress(console) if console.is_terminal else PlainProgress(console)
