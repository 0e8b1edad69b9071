"""Given: what is learned from without a search, how the time runs, and what is left of the model in the run's folder."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.automation import Automation
from mainspring.automation.learn import Learn
from mainspring.backends.opening import Backends
from mainspring.errors import QualityError
from mainspring.measure.profile import profile
from mainspring.model import Model
from mainspring.run.flow import Result
from mainspring.run.train.learn import MODEL
from mainspring.run.train.prepare import TRAIN, goal_from_plain, part_of
from mainspring.run.train.record.beside import leave
from mainspring.run.train.record.made import made_with
from mainspring.run.train.record.record import Record, digest_of
from mainspring.run.train.record.saved import limits_kept, saved
from mainspring.run.train.stakes import policy_without
from mainspring.steps.learn.found import Candidate
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.record.ledger import Ledger
from mainspring.steps.learn.split import VALID
from mainspring.steps.learn.timing import latency, peak

Flags = npt.NDArray[np.bool_]
ASKED = 50
"""Texts whose answers are timed."""


def learn_of(automation: Automation) -> Learn:
    assert automation.learn is not None  # the caller asks only where there is something to learn
    return automation.learn


@dataclass(frozen=True, slots=True)
class Given:
    """The training ``rows`` of an automation, as the steps before left them in the ``kept`` table; learning ``began`` at a moment of
    ``time.monotonic()``."""

    automation: Automation
    backends: Backends
    kept: Result
    rows: pa.Table
    goal: Goal
    began: float

    @classmethod
    def of(cls, automation: Automation, backends: Backends, prepared: tuple[Result, Result]) -> Self:
        began, (cleaned, kept) = time.monotonic(), prepared
        rows = part_of(backends.lake.read(kept["table"], kept["version"]), TRAIN)
        return cls(automation, backends, kept, rows, goal_from_plain(cleaned["goal"]), began)

    @property
    def declared(self) -> Learn:
        return learn_of(self.automation)

    def usable(self, rows: pa.Table) -> pa.Table:
        """Without the columns that may not be used."""
        declared, source = self.declared, self.automation.source
        out = {*declared.exclude, source.key, source.time, declared.split.column}
        return rows.drop_columns([name for name in rows.column_names if name in out and name != declared.target])

    def called_valid(self) -> Flags | None:
        """Which of the rows (n) a column says are to judge by; None where it calls none so.

        Raises:
            QualityError: it calls all of them so.
        """
        by = self.declared.split
        if by.by != "part":
            return None
        named = pc.utf8_lower(self.rows.column(by.column or "part").cast(pa.string()))
        told: Flags = pc.equal(named, VALID).fill_null(False).to_numpy(zero_copy_only=False)
        if not told.any():
            return None
        if told.all():
            raise QualityError("every row is for testing or for judging", where="learn.split",
                               remedy="call rows to learn from 'train'")  # fmt: skip
        return told

    @property
    def spent(self) -> float:
        """Seconds."""
        return time.monotonic() - self.began

    def timed(self, model: Any) -> None:
        """What an answer takes, from here on in its card."""
        records = self.rows.select(model.card.input.names).slice(0, ASKED).to_pylist()
        model.card = replace(model.card, latency_ms=latency(model.predict_one, records))

    def left(self, model: Model, candidates: Sequence[Candidate], folder: Path, *, rows: int, judged: int) -> Result:
        """What is known of the model, which is left in the run's folder: as a search tells what it found. So many ``rows`` were learned
        from, and it was ``judged`` on so many."""
        digest, size = saved(model, folder, MODEL)
        goal, lake = self.goal, {name: self.kept[name] for name in ("table", "version")}
        data = {**lake, "rows": len(self.rows), "hash": digest_of(self.rows)}
        record = Record(folder.name, goal.seed, data, made_with(self.backends.workers), Ledger(), digest)
        seconds = self.spent
        return {
            "found": {
                "candidates": [one.to_dict() for one in candidates], "objective": goal.metric, "greater_is_better": True,
                "metrics": dict(model.card.metrics), "judged_rows": judged,
                "kept": limits_kept(self.declared.limits, model, seconds, size), "calibration": "none", "seconds": seconds,
                "facts": [], "simple": None, "clocked": None, "notes": list(model.card.notes),
            },
            "hash": digest, "policy": policy_without(self.automation, goal).to_dict(),
            "profile": profile(self.rows, None, self.automation.source.key).to_dict(), "learned_rows": rows, "capacity": None,
            "record": leave(record, folder), "memory": peak(),
        }  # fmt: skip
