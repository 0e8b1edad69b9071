"""Learn: what to predict, what to optimise, and within which limits."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from mainspring.automation.part import Part
from mainspring.automation.units import Bytes, Seconds
from mainspring.model import Label, Question

Objective = Literal[
    "profit", "roc_auc", "average_precision", "log_loss", "brier", "accuracy", "balanced_accuracy", "f1", "f1_macro",
    "rmse", "mae", "r2", "mape", "entity_f1", "micro_f1",
]  # fmt: skip

Framework = Literal["torch", "tensorflow"]


class Limits(Part):
    """What the business can afford. The choice is the best model whose *measured* cost keeps all of them."""

    time: Seconds = 60.0
    """For the whole search and training."""
    latency: Seconds | None = None
    """One row, prepared and predicted, in process, 95th percentile."""
    memory: Bytes | None = None
    """The opened model."""
    training_memory: Bytes | None = None
    """All processes of the search together. Candidates that take more are ended. Default: 80 % of what is free when it begins."""
    interpretable: bool = False
    """Only what a person can read whole: one line of weights, one small tree, or a sum of curves, one a column; no blend of them."""
    runtime: Literal["onnx", "native"] | None = None
    """``onnx``: only what can be exported takes part, and each version has a checked ``model.onnx`` beside it. Else ``native``."""


class Split(Part):
    """How rows are kept apart: the test part is seen by no choice, the folds serve the choices."""

    by: Literal["auto", "random", "time", "group", "part"] = "auto"
    """``auto``: by the source's time where it has one, by its key where keys repeat, else at random.
    ``part``: as a column says of each row, which holds ``train``, ``valid`` or ``test``."""
    column: str | None = None
    """For ``time`` the column to order by, for ``group`` the one whose rows stay together, for ``part`` the one that says which.
    Default: the source's time, or key, or ``part``."""
    test: Annotated[float, Field(gt=0, lt=0.9)] = 0.2
    """The share of rows kept for the evaluation."""
    folds: Annotated[int, Field(ge=2, le=20)] = 5
    """Into how many parts the other rows are cut, each in turn held back from a fit."""


class Learn(Part):
    """What to predict, and how to choose what predicts it."""

    target: str
    """The column to predict."""
    question: Question | None = None
    """``class``, ``number``, ``spans`` (stretches of a text) or ``labels`` (several of a text at once: multi-label); which of the first
    two is told from the target when absent."""
    labels: Annotated[list[str], Field(min_length=2)] | None = None
    """For ``labels``, where each stands in a column of its own, which says 1 or 0 (yes or no): those columns. They are gathered under the
    name of the target, which is no column of the source then. Says that ``labels`` are asked for."""
    separator: Annotated[str, Field(min_length=1, max_length=8)] | None = None
    """For ``labels``: what stands between those of one text (``billing|delivery``). Default: told from the texts of the target."""
    optimise: Objective | None = None
    """What to choose by. Default: ``profit`` where gains are declared, else ``log_loss``, ``rmse``, ``entity_f1`` or ``micro_f1``."""
    positive: Label | None = None
    """Of two classes, the one that counts as positive. Default: yes/true/1 and the like, else the rarer one."""
    limits: Limits = Limits()
    """What the choice must keep."""
    coverage: Annotated[float, Field(ge=0.5, lt=1)] | None = None
    """The share of truths that ``lower`` to ``upper`` (of a number) or ``set`` (of classes) are to contain. Default: neither is given."""
    out_of_scope: Annotated[float, Field(gt=0, le=0.5)] | None = None
    """Say of each row whether it asks for what no class stands for; this share of those in scope may be taken for it. Default: not said."""
    split: Split = Split()
    """How rows are kept apart."""
    weight: str | None = None
    """A column that says how much each row counts."""
    exclude: list[str] = Field(default_factory=list)
    """Columns that must not be used (they leak, or are not allowed)."""
    candidates: list[str] = Field(default_factory=list)
    """Only these learners, by the names of the report's leaderboard (``linear``, ``lightgbm`` …); all that fit when empty."""
    pair: Annotated[list[str], Field(min_length=2, max_length=2)] | None = None
    """Two columns of text that are read together: does the one ask what the other asks, answer it, follow from it?"""
    encoder: str | None = None
    """For texts: ``english``, ``multilingual``, a folder or an id at Hugging Face. Default: told from the letters of the texts."""
    word_features: list[Literal["shape", "characters"]] | None = None
    """For ``spans``, what is seen of each word beside what the encoder knows of it: its ``shape`` (capitals, digits), its ``characters``
    (how it begins and ends, capitals kept). Default: its shape."""
    adapt: bool = False
    """Encoders that are tuned first read on in the texts of all rows, without a target too, guessing hidden words, for a share of the time;
    kept where validation is better."""
    teacher: str | None = None
    """A larger encoder (as ``encoder``) that is tuned first and teaches those that are tuned, on rows without a target too; kept where
    validation is better."""
    framework: Framework | None = None
    """On what neural networks other than ``mlp`` learn, both through Keras. Undeclared, only those that ``candidates`` names take part."""
    repeats: Annotated[int, Field(ge=1, le=20)] = 1
    """How often the whole is done on another split of the rows, each within its share of the time. The first is registered."""
    seed: int = 0
    """Where chance begins: the same seed, the same splits."""

    @model_validator(mode="before")
    @classmethod
    def _asks_for_labels(cls, told: Any) -> Any:
        plain: Any = told
        if isinstance(told, dict) and plain.get("labels") and plain.get("question") is None:
            return {**plain, "question": Question.LABELS}
        return plain

    @property
    def unlabelled(self) -> bool:
        """Whether texts of rows without a target are read."""
        return self.adapt or self.teacher is not None
