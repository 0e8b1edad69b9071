"""FLAML with its own defaults, on two threads."""

import pickle
from collections.abc import Callable

import pandas as pd
from flaml import AutoML

from selection.tools import Job


class Flaml:
    packages = ("flaml", "lightgbm", "xgboost-cpu", "catboost", "scikit-learn", "pandas")

    def __init__(self, job: Job) -> None:
        self._job = job
        self._found = AutoML()

    def learn(self, train: pd.DataFrame) -> None:
        self._found.fit(
            train.drop(columns=self._job.target), train[self._job.target],
            task="regression" if self._job.is_number else "classification", metric=self._job.metric,
            time_budget=self._job.seconds, n_jobs=2, seed=self._job.seed, verbose=1, log_file_name="",
        )  # fmt: skip

    def open(self) -> None:
        """It is ready as it is."""

    def answer(self, rows: pd.DataFrame) -> pd.DataFrame:
        if self._job.is_number:
            return pd.DataFrame({"prediction": self._found.predict(rows)})
        return pd.DataFrame(self._found.predict_proba(rows), columns=[str(label) for label in self._found.classes_])

    def singles(self, rows: pd.DataFrame) -> dict[str, Callable[[int], object]]:
        frames = [rows.iloc[[i]] for i in range(len(rows))]
        ask = self._found.predict if self._job.is_number else self._found.predict_proba
        return {"single": lambda i: ask(frames[i])}

    def size(self) -> int:
        return len(pickle.dumps(self._found))  # how FLAML says to keep a model; nothing is loaded from it

    def found(self) -> str:
        return str(self._found.best_estimator)


def tool(job: Job, variant: str) -> Flaml:  # noqa: ARG001 — one form only
    return Flaml(job)
