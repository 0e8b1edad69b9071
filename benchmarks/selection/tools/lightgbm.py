"""LightGBM with nothing chosen: the scikit-learn wrapper's defaults, text columns as categories."""

from collections.abc import Callable

import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor

from selection.tools import Job


class Default:
    packages = ("lightgbm", "scikit-learn", "pandas")

    def __init__(self, job: Job) -> None:
        self._job = job
        kind = LGBMRegressor if job.is_number else LGBMClassifier
        self._model = kind(n_jobs=2, random_state=job.seed, verbose=-1)
        self._categories: dict[str, pd.CategoricalDtype] = {}

    def learn(self, train: pd.DataFrame) -> None:
        rows = train.drop(columns=self._job.target)
        texts = [name for name in rows if rows[name].dtype == object]
        self._categories = {name: pd.CategoricalDtype(rows[name].dropna().unique()) for name in texts}
        self._model.fit(self._features(rows), train[self._job.target])

    def open(self) -> None:
        """It is ready as it is."""

    def answer(self, rows: pd.DataFrame) -> pd.DataFrame:
        if self._job.is_number:
            return pd.DataFrame({"prediction": self._model.predict(self._features(rows))})
        return pd.DataFrame(self._model.predict_proba(self._features(rows)), columns=list(self._model.classes_))

    def singles(self, rows: pd.DataFrame) -> dict[str, Callable[[int], object]]:
        frames = [rows.iloc[[i]] for i in range(len(rows))]
        return {"single": lambda i: self.answer(frames[i])}

    def size(self) -> int:
        return len(self._model.booster_.model_to_string().encode())

    def found(self) -> str:
        return f"{self._model.booster_.num_trees()} trees"

    def _features(self, rows: pd.DataFrame) -> pd.DataFrame:
        dates = {name: rows[name].astype("int64") for name in rows if rows[name].dtype.kind == "M"}
        typed = rows.assign(**dates).astype(self._categories)
        return typed.set_axis(
            [f"f{i}" for i in range(typed.shape[1])], axis=1
        )  # it refuses names with brackets or quotes


def tool(job: Job, variant: str) -> Default:  # noqa: ARG001 — one form only
    return Default(job)
