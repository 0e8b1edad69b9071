"""Tools: what is compared. Each answers one question about one table; which one is a line of ``KINDS``."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

MAINSPRING = "mainspring"


@dataclass(frozen=True)
class Job:
    """What a tool is asked. ``train`` is a Parquet file with the target, ``folder`` is the tool's own to write in."""

    tool: str
    train: str
    test: str
    folder: str
    target: str
    question: str
    metric: str
    seconds: float
    seed: int

    @property
    def is_number(self) -> bool:
        return self.question == "number"


class Tool(Protocol):
    """``packages`` are the distributions whose versions stand beside the result."""

    packages: tuple[str, ...]

    def learn(self, train: pd.DataFrame) -> None:
        """Search and train within the seconds of the job: this is what the clock measures."""

    def open(self) -> None:
        """Get ready to answer fast, as a server would."""

    def answer(self, rows: pd.DataFrame) -> pd.DataFrame:
        """For classes a probability in a column of each class's name, for numbers the column ``prediction``."""

    def singles(self, rows: pd.DataFrame) -> dict[str, Callable[[int], object]]:
        """Ways to answer row ``i`` alone, in the form the tool takes; the first is its fastest documented one."""

    def size(self) -> int:
        """Bytes on disk of what answers."""

    def found(self) -> str:
        """What it learned, in its own words; for who looks for why a figure is as it is."""


KINDS = {
    MAINSPRING: ("selection.tools.mainspring", ""),
    "autogluon_medium": ("selection.tools.autogluon", "medium_quality"),
    "autogluon_best": ("selection.tools.autogluon", "best_quality"),
    "autogluon_best_v150": ("selection.tools.autogluon", "best_v150"),
    "flaml": ("selection.tools.flaml", ""),
    "lightgbm": ("selection.tools.lightgbm", ""),
}


def open_tool(job: Job) -> Tool:
    """Each module is imported only in the environment that has its library."""
    module, variant = KINDS[job.tool]
    return importlib.import_module(module).tool(job, variant)


def bytes_of(folder: str | Path) -> int:
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
