"""Mainspring, through its front door: ``Workspace.run`` on a Parquet file, ``Workspace.predict``, and the version's model."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from mainspring import Automation, Workspace
from mainspring.model import open_model
from mainspring.run.kinds import KINDS as MODEL_KINDS
from selection.tools import Job, bytes_of

NAME = "cell"


class Mainspring:
    packages = ("mainspring", "scikit-learn", "lightgbm", "xgboost-cpu", "catboost", "numpy", "pyarrow")

    def __init__(self, job: Job) -> None:
        self._job = job
        self._workspace = Workspace(Path(job.folder) / "workspace")

    def learn(self, train: pd.DataFrame) -> None:  # noqa: ARG002 — it reads the file itself, on its own clock
        # The rows to score are kept apart already, so as few as may be go to Mainspring's own test part.
        learn = {"target": self._job.target, "question": self._job.question, "optimise": self._job.metric, "seed": self._job.seed,
                 "limits": {"time": self._job.seconds}, "split": {"test": 0.02}}  # fmt: skip
        declared = {
            "name": NAME,
            "source": {"table": self._job.train},
            "prepare": {"duplicates": "keep"},
            "learn": learn,
        }
        self._board = self._workspace.run(Automation.model_validate(declared)).leaderboard

    def open(self) -> None:
        self._version = self._workspace.models.list(NAME)[-1]
        self._model = open_model(self._version.folder, MODEL_KINDS, self._version.hash)

    def answer(self, rows: pd.DataFrame) -> pd.DataFrame:
        table = self._workspace.predict(NAME, rows)
        if self._job.is_number:
            return pd.DataFrame({"prediction": table.column("prediction").to_numpy()})
        named = {n.removeprefix("probability_"): n for n in table.column_names if n.startswith("probability_")}
        return pd.DataFrame({label: table.column(column).to_numpy() for label, column in named.items()})

    def singles(self, rows: pd.DataFrame) -> dict[str, Callable[[int], object]]:
        records = rows.astype(object).where(rows.notna(), None).to_dict("records")
        return {
            "single": lambda i: self._model.predict_one(records[i]),
            "front": lambda i: self._workspace.predict(NAME, records[i]),
        }

    def size(self) -> int:
        return bytes_of(self._version.folder)

    def found(self) -> str:
        out = [f"{row['name']}: {row['why_not']}" for row in self._board if row["why_not"]]
        return "; ".join([*self._version.card.notes, f"{len(self._board)} candidates", *out])


def tool(job: Job, variant: str) -> Mainspring:  # noqa: ARG001 — one form only
    return Mainspring(job)
