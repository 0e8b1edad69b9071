"""Reference: what a model version was learned and judged on, as counts and figures that later rows are compared with."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt

from mainspring.errors import Tampered
from mainspring.measure.gains import Gains
from mainspring.measure.samples.shape import Shape, shape_from_plain, shape_to_plain
from mainspring.model import Label, Question
from mainspring.steps.watch.kept.calibration import Curve

FORMAT = 1
"""Of kept references; a release reads all formats up to its own."""

Sizes = tuple[tuple[int, float], ...]
"""(rows, value) pairs, fewest rows first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the model answers, and what right and wrong actions gain. ``positive`` is the number of the positive of two classes."""

    question: Question
    target: str
    metric: str
    classes: tuple[Label, ...] = ()
    positive: int | None = None
    gains: Gains | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """How the model did on ``rows`` test rows, which no choice has seen.

    ``metrics`` are (value, low, high), and so is ``gain``, what a decision of the policy gained. ``curves`` calibrate the probability
    of each class, empty where it needs none; ``errors`` are quantiles of the absolute errors of numbers, ``by_prediction`` their mean
    and mean square between the edges of predictions. ``surprise`` is the spread of the surprises, ``tolerance`` how far their mean strayed
    over blocks of so many rows.
    """

    rows: int
    metrics: Mapping[str, tuple[float, float, float]]
    gain: tuple[float, float, float] | None = None
    curves: tuple[Curve, ...] = ()
    errors: tuple[float, ...] = ()
    by_prediction: tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]] = ((), (), ())
    surprise: float = 0.0
    tolerance: Sizes = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """``columns`` are shapes of the features in all ``rows`` learned and tested on, ``target`` of the target; ``prediction`` and
    ``score`` (the positive class's probability, or the likeliest class's) of the answers on test rows.

    ``tolerances`` say for each of them how far blocks of so many consecutive rows of the reference lay from its rest.
    """

    rows: int
    asked: Asked
    columns: Mapping[str, Shape]
    target: Shape
    answers: Mapping[str, Shape] = field(default_factory=dict[str, Shape])
    tolerances: Mapping[str, Sizes] = field(default_factory=dict[str, Sizes])
    judged: Judged | None = None
    training_seconds: float = 0.0
    format: int = FORMAT

    def tolerance(self, name: str, rows: int) -> float:
        """How far ``rows`` rows may lie from the reference: as far as its own blocks of at most so many did."""
        return allowed(self.tolerances.get(name, ()), rows)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        plain = asdict(replace(self, columns={}, answers={}))
        plain["columns"] = {name: shape_to_plain(shape) for name, shape in self.columns.items()}
        plain["answers"] = {name: shape_to_plain(shape) for name, shape in self.answers.items()}
        return plain | {"target": shape_to_plain(self.target)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Raises Tampered where a later release wrote it."""
        if plain["format"] > FORMAT:
            raise Tampered(
                f"the reference has format {plain['format']}, this release reads up to {FORMAT}",
                remedy="upgrade mainspring",
            )
        asked, judged = dict(plain["asked"]), plain["judged"]
        gains = asked.pop("gains")
        asked |= {"question": Question(asked["question"]), "classes": tuple(asked["classes"])}
        return cls(
            rows=plain["rows"],
            asked=Asked(**asked, gains=None if gains is None else _gains(gains)),
            columns={name: shape_from_plain(shape) for name, shape in plain["columns"].items()},
            target=shape_from_plain(plain["target"]),
            answers={name: shape_from_plain(shape) for name, shape in plain["answers"].items()},
            tolerances={name: _sizes(sizes) for name, sizes in plain["tolerances"].items()},
            judged=None if judged is None else _judged(judged),
            training_seconds=plain["training_seconds"],
        )


def allowed(sizes: Sizes, rows: int) -> float:
    """The value of the largest size of at most ``rows``, of the smallest where all are larger; 0 where there is none."""
    if not sizes:
        return 0.0
    return next((value for size, value in reversed(sizes) if size <= rows), sizes[0][1])


def blocks(rows: int) -> list[tuple[int, npt.NDArray[np.int64]]]:
    """Sizes of blocks that ``rows`` consecutive rows are cut into, and where they start: at least four, at most forty of a size."""
    sizes = [size for size in (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000) if size * 4 <= rows]
    return [(s, np.unique(np.linspace(0, rows - s, min(40, rows // s)).astype(np.int64))) for s in sizes]


def _sizes(plain: Any) -> Sizes:
    return tuple((int(size), float(value)) for size, value in plain)


def _gains(plain: Mapping[str, Any]) -> Gains:
    return Gains(tuple(plain["actions"]), tuple(plain["classes"]), tuple(tuple(row) for row in plain["matrix"]))


def _judged(plain: Mapping[str, Any]) -> Judged:
    three = cast(Any, tuple)
    return Judged(
        rows=plain["rows"],
        metrics={name: three(value) for name, value in plain["metrics"].items()},
        gain=None if plain["gain"] is None else three(plain["gain"]),
        curves=tuple(Curve(tuple(curve["raw"]), tuple(curve["calibrated"])) for curve in plain["curves"]),
        errors=tuple(plain["errors"]),
        by_prediction=three(tuple(part) for part in plain["by_prediction"]),
        surprise=plain["surprise"],
        tolerance=_sizes(plain["tolerance"]),
    )
