"""The features there are, and how they are written down."""

from dataclasses import asdict
from typing import Any

from mainspring.steps.prepare.features.categories import Categories
from mainspring.steps.prepare.features.dates import Dates
from mainspring.steps.prepare.features.feature import Feature
from mainspring.steps.prepare.features.numbers import Number
from mainspring.steps.prepare.features.target_means import TargetMeans
from mainspring.steps.prepare.features.texts import Texts
from mainspring.steps.prepare.features.wording import Wording

FEATURES = {
    "number": Number,
    "categories": Categories,
    "dates": Dates,
    "texts": Texts,
    "wording": Wording,
    "target_means": TargetMeans,
}
_NAMES = {kind: name for name, kind in FEATURES.items()}


def to_plain(feature: Feature) -> dict[str, Any]:
    """The feature as plain values for JSON."""
    return {"kind": _NAMES[type(feature)], **asdict(feature)}  # type: ignore[arg-type]


def from_plain(plain: dict[str, Any]) -> Feature:
    return FEATURES[plain["kind"]](**{name: _frozen(value) for name, value in plain.items() if name != "kind"})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(entry) for entry in value) if isinstance(value, list) else value
