"""AutoGluon in its strongest form on two cores: folds fitted in its own process, models kept in memory, training files left behind."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from autogluon.tabular import TabularPredictor

from selection.tools import Job, bytes_of

METRICS = {"roc_auc": "roc_auc", "log_loss": "log_loss", "rmse": "root_mean_squared_error"}


class AutoGluon:
    packages = ("autogluon.tabular", "lightgbm", "catboost", "xgboost-cpu", "torch", "ray", "scikit-learn", "pandas")

    def __init__(self, job: Job, preset: str) -> None:
        self._job = job
        self._preset = preset
        kind = "regression" if job.is_number else "binary" if job.metric == "roc_auc" else "multiclass"
        self._predictor = TabularPredictor(
            job.target, problem_type=kind, eval_metric=METRICS[job.metric], path=str(Path(job.folder) / "autogluon")
        )

    def learn(self, train: pd.DataFrame) -> None:
        self._predictor.fit(
            train, presets=self._preset, time_limit=self._job.seconds,
            ag_args_ensemble={"fold_fitting_strategy": "sequential_local"},
        )  # fmt: skip

    def open(self) -> None:
        self._predictor.persist()

    def answer(self, rows: pd.DataFrame) -> pd.DataFrame:
        if self._job.is_number:
            return pd.DataFrame({"prediction": self._predictor.predict(rows).to_numpy()})
        return self._predictor.predict_proba(rows).reset_index(drop=True)

    def singles(self, rows: pd.DataFrame) -> dict[str, Callable[[int], object]]:
        frames = [rows.iloc[[i]] for i in range(len(rows))]
        ask = self._predictor.predict if self._job.is_number else self._predictor.predict_proba
        return {"single": lambda i: ask(frames[i])}

    def size(self) -> int:
        return bytes_of(self._predictor.clone_for_deployment(str(Path(self._job.folder) / "deployed")))

    def found(self) -> str:
        return f"{self._predictor.model_best} of {len(self._predictor.model_names())}"


def tool(job: Job, variant: str) -> AutoGluon:
    return AutoGluon(job, variant)
