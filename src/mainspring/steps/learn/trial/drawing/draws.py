"""Draws: further candidates near those that did best, for the time that the portfolio leaves.

Random search (Bergstra & Bengio 2012) around the best: a drawn candidate has the settings of its parent but for about half of
them, which are drawn anew. Its name is its first parent's with a number: ``catboost~3``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from mainspring.steps.learn.portfolio import PORTFOLIO, Entry

RATES = (0.02, 0.03, 0.04, 0.06, 0.08)
SHARES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
SPACES: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "lightgbm": {
        "learning_rate": RATES, "num_leaves": (4, 6, 8, 11, 15, 22, 31, 47, 63), "min_data_in_leaf": (1, 2, 4, 8, 15, 30, 60),
        "feature_fraction": SHARES, "bagging_fraction": SHARES[2:], "lambda_l1": (0.0, 0.0, 0.1, 1.0, 5.0),
        "lambda_l2": (0.1, 0.5, 1.0, 3.0, 10.0, 30.0), "extra_trees": (False, False, True), "cat_smooth": (1.0, 5.0, 20.0, 60.0),
        "cat_l2": (1.0, 5.0, 20.0), "min_data_per_group": (5, 25, 100), "max_cat_to_onehot": (4, 12),
        "ordered": (False, True),
    },
    "paired": {
        "learning_rate": RATES, "num_leaves": (6, 11, 15, 31, 63), "min_data_in_leaf": (2, 5, 15, 40), "feature_fraction": SHARES[:5],
        "lambda_l2": (0.5, 3.0, 10.0), "extra_trees": (False, True),
    },
    "xgboost": {
        "eta": RATES, "max_depth": (2, 3, 4, 5, 6, 7, 9), "min_child_weight": (0.5, 1, 2, 5, 10, 20), "subsample": SHARES[2:],
        "colsample_bytree": SHARES, "lambda": (0.3, 1.0, 3.0, 10.0, 30.0), "alpha": (0.0, 0.0, 0.1, 1.0), "gamma": (0.0, 0.0, 0.05, 0.5),
    },
    "catboost": {
        "learning_rate": (0.03, 0.045, 0.06, 0.08, 0.11), "depth": (2, 3, 4, 5, 6, 7, 8), "l2_leaf_reg": (0.5, 1.0, 2.0, 4.0, 8.0, 16.0),
        "random_strength": (0.0, 0.5, 1.0, 2.0, 4.0), "bagging_temperature": (0.0, 0.3, 1.0, 2.0), "rsm": (0.4, 0.6, 0.8, 1.0),
    },
    "extra_trees": {"min_samples_leaf": (1, 2, 3, 5, 8), "max_features": (0.2, 0.3, 0.4, 0.6, 0.8, 1.0)},
    "mlp": {
        "hidden": ([64, 64], [128, 128], [192, 192], [256, 256], [96, 96, 96], [128, 128, 128]), "rate": (0.01, 0.02, 0.03, 0.04),
        "epochs": (16.0, 24.0, 40.0), "dropout": (0.0, 0.0, 0.1, 0.2), "decay": (0.03, 0.1, 0.1, 0.3), "waves": (0, 0, 16, 24),
        "fastest": (0.5, 1.0, 2.0),
    },
    "waves": {"width": (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)},
    "random_forest": {"min_samples_leaf": (1, 2, 3, 5, 8), "max_features": (0.15, 0.25, 0.4, 0.6)},
}  # fmt: skip
"""What each setting of a kind may be; a value that stands twice is twice as likely."""
ANEW = 0.5
"""The chance that a setting is drawn anew."""
FIRST = 0.35
"""The chance that the best kind, and of that the best, is the parent; of each next one, if none before it was."""
FILE = "drawn.jsonl"
ATTEMPTS = 8
"""Draws that come to nothing new, after which there is nothing new near a candidate."""


class Draws:
    """Draws from the portfolio's entries and from what was drawn before. ``folder`` keeps what was drawn, for a search that goes on."""

    def __init__(self, seed: int, folder: Path) -> None:
        self._dice = np.random.default_rng(seed)
        self._place = folder / FILE
        self._entries = {e.name: e for e in PORTFOLIO if e.kind in SPACES and not e.readable}
        self.earlier = _read(self._place)
        self._entries |= {entry.name: entry for entry, _ in self.earlier}
        self._number = len(self.earlier)
        self._known = {_kind_of(entry) for entry in self._entries.values()}
        self._exhausted = set[str]()

    def parent(self, ranked: Sequence[str]) -> str | None:
        """One of the candidates, the best of which come first; None where nothing can be drawn near any."""
        known = [name for name in ranked if name in self._entries and name not in self._exhausted]
        if not known:
            return None
        # Else whoever did best is drawn near again and again, and a blend wants candidates that err differently.
        kind = self._early(list(dict.fromkeys(self._entries[name].kind for name in known)))
        return self._early([name for name in known if self._entries[name].kind == kind])

    def _early(self, ranked: Sequence[str]) -> str:
        return ranked[min(int(self._dice.geometric(FIRST)) - 1, len(ranked) - 1)]

    def near(self, name: str) -> Entry | None:
        """An entry near this one, as there is none yet; None where nothing new was drawn."""
        parent = self._entries[name]
        for _ in range(ATTEMPTS):
            made = replace(parent, settings={**parent.settings, **self._settings(parent.kind)})
            if _kind_of(made) not in self._known:
                return self._kept(replace(made, name=f"{name.partition('~')[0]}~{self._number + 1}"), name)
        self._exhausted.add(name)
        return None

    def _settings(self, kind: str) -> dict[str, Any]:
        space = SPACES[kind]
        again = [setting for setting in space if self._dice.random() < ANEW] or [str(self._dice.choice(list(space)))]
        return {setting: space[setting][int(self._dice.integers(len(space[setting])))] for setting in again}

    def _kept(self, made: Entry, parent: str) -> Entry:
        self._number += 1
        self._entries[made.name] = made
        self._known.add(_kind_of(made))
        with self._place.open("a", encoding="utf-8") as file:
            file.write(json.dumps([asdict(made), parent]) + "\n")
        return made


def _kind_of(entry: Entry) -> str:
    """The same for two entries that learn the same."""
    return json.dumps([entry.kind, entry.log, dict(entry.settings)], sort_keys=True)


def _read(place: Path) -> list[tuple[Entry, str]]:
    """What was drawn, each with its parent; a line that was not finished is taken away."""
    if not place.exists():
        return []
    whole, _, unfinished = place.read_text(encoding="utf-8").rpartition("\n")
    lines = whole.split("\n") if whole else []
    if unfinished:
        place.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return [(Entry(**entry), parent) for entry, parent in map(json.loads, lines)]
