"""Task: a table with the question that is asked of it, its split, and the metric that judges the answers."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error
from sklearn.model_selection import train_test_split

NUMBER, CLASS = "number", "class"
RAREST = 10
"""Classes with fewer rows are left out: neither a 70/30 split nor a fold could hold them on both sides."""

Question = Literal["number", "class"]
METRICS = {"roc_auc": True, "log_loss": False, "rmse": False}
"""Metric -> whether greater is better."""


class Unavailable(Exception):
    """The data are not on this machine; the message says what is missing."""


@dataclass(frozen=True)
class Task:
    """``metric``: ``roc_auc`` for two classes, ``log_loss`` for more, ``rmse`` for numbers. Classes are strings in ``frame``."""

    name: str
    frame: pd.DataFrame
    target: str
    question: Question
    metric: str

    @classmethod
    def of(cls, name: str, frame: pd.DataFrame, target: str, question: Question) -> "Task":
        """Rows without a target are dropped, and those of classes too rare to be split; every text column has one type."""
        frame = _plain(frame[frame[target].notna()].reset_index(drop=True))
        if question == NUMBER:
            frame[target] = frame[target].astype(float)
            return cls(name, frame, target, question, "rmse")
        frame[target] = _labels(frame[target])
        kept = frame[target].value_counts().loc[lambda counts: counts >= RAREST].index
        frame = frame[frame[target].isin(kept)].reset_index(drop=True)
        return cls(name, frame, target, question, "roc_auc" if len(kept) == 2 else "log_loss")

    @property
    def classes(self) -> list[str]:
        """In the order that answers are scored in; empty for numbers."""
        return [] if self.question == NUMBER else sorted(self.frame[self.target].unique())

    def __str__(self) -> str:
        counted = f"{len(self.classes)} classes" if self.classes else "number"
        rows, columns = self.frame.shape
        return f"{self.name}: {rows:,} rows × {columns - 1:,} columns, {self.target} ({counted}), {self.metric}"


def fold(task: Task, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """70 % to learn from and 30 % that nothing sees before it is scored; stratified for classes."""
    stratify = None if task.question == NUMBER else task.frame[task.target]
    train, test = train_test_split(task.frame, test_size=0.3, random_state=seed, stratify=stratify)
    return train.reset_index(drop=True), test.reset_index(drop=True)


def score(task: Task, truth: pd.Series, answers: pd.DataFrame) -> float:
    """``answers``: for classes a probability in a column of each class's name, for numbers the column ``prediction``."""
    if task.question == NUMBER:
        return float(root_mean_squared_error(truth, answers["prediction"]))
    if task.metric == "roc_auc":
        return float(roc_auc_score(truth == task.classes[1], answers[task.classes[1]]))
    chances = answers.reindex(columns=task.classes, fill_value=0.0).to_numpy(dtype=float).clip(1e-15)
    return float(log_loss(truth, chances / chances.sum(axis=1, keepdims=True), labels=task.classes))


def better_is_greater(metric: str) -> bool:
    return METRICS[metric]


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers stay, dates stay; everything else becomes text or missing, so that every tool is given the same."""
    frame = frame.set_axis([str(column) for column in frame.columns], axis=1)
    texts = [
        c for c in frame.columns if not pd.api.types.is_any_real_numeric_dtype(frame[c]) and frame[c].dtype.kind != "M"
    ]
    return frame.assign(**{c: frame[c].map(str, na_action="ignore").astype(object) for c in texts})


def _labels(target: pd.Series) -> pd.Series:
    """1.0 and 1 are the same class."""
    if target.dtype.kind == "f" and np.array_equal(target, target.round()):
        target = target.astype(int)
    return target.map(str).astype(object)
