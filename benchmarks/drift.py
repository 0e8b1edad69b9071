"""How fast drift is noticed, and how seldom it is cried where there is none: our watch, river's detectors, Evidently's defaults.

``python benchmarks/drift.py`` runs the streams of which the change is known, ``--million`` the row of a million rows without one,
``--peers PYTHON`` asks Evidently in an environment of its own, made by ``pip install evidently "pandas<3"`` (0.7.23 does not import with
pandas 3); else its documented default rule is applied, and said so. ``--only WORD`` asks of those streams whose names have the word.
Every detector looks at the same rows in the same order: 6,000 of reference, then looks of 500 rows; truths are known at once.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import scipy.stats
from river.datasets import synth
from river.drift import ADWIN, KSWIN
from scipy.spatial.distance import jensenshannon
from sklearn.ensemble import HistGradientBoostingClassifier

from mainspring.measure.gains import Gains
from mainspring.model import Question
from mainspring.steps.watch import performance
from mainspring.steps.watch.baseline import baseline, judge
from mainspring.steps.watch.kept.reference import Asked, Reference
from mainspring.steps.watch.look import Terms, look
from mainspring.steps.watch.money import Cost, weigh
from mainspring.steps.watch.window import Outcomes, Window, told

SHARED = Path(__file__).parents[2] / "shared" / "data" / "tabular"
LOOK, LEARNED, JUDGED = 500, 4000, 2000
GAINS = Gains.of({"true_positive": 60, "false_positive": -60}, ["0", "1"], "1", "act")
CONFIRM = (2, 3)
performance.REPEATS = (
    2  # the intervals of metrics are for people: nothing is found by them, and they take most of the time
)
Stream = tuple[pd.DataFrame, np.ndarray, int | None]


def river_rows(generator, count: int) -> tuple[pd.DataFrame, np.ndarray]:
    pairs = list(generator.take(count))
    return pd.DataFrame([x for x, _ in pairs]), np.array([int(y) for _, y in pairs])


def joined(before, after, seed: int, calm: int = 14_000, changed: int = 8_000) -> Stream:
    (x0, y0), (x1, y1) = river_rows(before(seed), calm), river_rows(after(seed + 1), changed)
    return pd.concat([x0, x1], ignore_index=True), np.concatenate([y0, y1]), calm


def hyperplane(seed: int) -> Stream:
    return joined(
        lambda _: synth.Hyperplane(seed=7, n_features=8, mag_change=0.0),
        lambda _: synth.Hyperplane(seed=7, n_features=8, n_drift_features=8, mag_change=0.002), seed,
    )  # fmt: skip


def beijing(_: int) -> Stream:
    """Hourly, 2010 to 2014: whether the next day is heavily polluted. No moment is known from which the world is another."""
    rows = pd.read_csv(SHARED / "beijing_pollution" / "pollution.csv.gz")
    rows.columns = [c.lower() for c in rows.columns]
    bad = (rows["pm2.5"].shift(-24) > 100).astype(int)
    known = rows["pm2.5"].notna() & rows["pm2.5"].shift(-24).notna()
    features = rows.loc[known, ["hour", "pm2.5", "dewp", "temp", "pres", "iws"]]
    return features.reset_index(drop=True), bad[known].to_numpy(), None


STREAMS: dict[str, Callable[[int], Stream]] = {
    "SEA, the rule changes": lambda s: joined(lambda i: synth.SEA(0, seed=i), lambda i: synth.SEA(3, seed=i), s),
    "Agrawal, the rule changes": lambda s: joined(
        lambda i: synth.Agrawal(0, seed=i, perturbation=0.05), lambda i: synth.Agrawal(3, seed=i, perturbation=0.05), s
    ),
    "Sine, the rule is reversed": lambda s: joined(lambda i: synth.Sine(0, seed=i), lambda i: synth.Sine(1, seed=i), s),
    "Hyperplane, it turns slowly": hyperplane,
}  # fmt: skip
CALM: dict[str, Callable[[int], Stream]] = {
    "SEA, nothing changes": lambda s: (*river_rows(synth.SEA(0, seed=s), 60_000), None),
    "Agrawal, nothing changes": lambda s: (*river_rows(synth.Agrawal(0, seed=s, perturbation=0.05), 60_000), None),
    "Beijing, as it came": beijing,
}


class Prepared:
    """A stream with a model learned from its first rows and judged on the next; what follows is looked at."""

    def __init__(self, stream: Stream) -> None:
        features, truth, at = stream
        codes = features.apply(lambda c: c if c.dtype.kind in "fiub" else c.astype("category").cat.codes)
        model = HistGradientBoostingClassifier(random_state=0, max_iter=60).fit(codes[:LEARNED], truth[:LEARNED])
        self.features, self.truth = codes.astype(float), truth
        self.answers = model.predict_proba(codes)
        self.begin = LEARNED + JUDGED
        self.at = None if at is None else at - self.begin
        self.wrong = (self.answers.argmax(axis=1) != truth).astype(int)
        self.rows = len(truth) - self.begin

    def looks(self) -> Iterator[slice]:
        for start in range(self.begin, self.begin + self.rows - LOOK + 1, LOOK):
            yield slice(start, start + LOOK)


def ours(p: Prepared) -> dict[str, list[int]]:
    """Rows after which the alert opens anew (2 of 3 looks, warning or worse), by what decides."""
    asked = Asked(Question.CLASS, "y", "profit", ("0", "1"), 1, GAINS, 0.5)
    test, acted = slice(LEARNED, p.begin), (p.answers[:, 1] >= 0.5).astype(np.int64)
    judged = judge(asked, p.answers[test], p.truth[test].astype(np.int64), acted[test])
    columns = {name: pa.array(p.features[name][: p.begin].to_numpy()) for name in p.features}
    target = pa.array([str(k) for k in p.truth[: p.begin]])
    reference: Reference = baseline(asked, columns, target, told(asked, p.answers[test]), judged, 60.0)
    cost = Cost(100.0, "declared")
    found: dict[str, list[bool]] = {"money": [], "effect": []}
    for rows in p.looks():
        known = Outcomes(p.answers[rows], p.truth[rows].astype(np.int64), acted[rows])
        columns = {name: pa.array(p.features[name][rows].to_numpy()) for name in p.features}
        window = Window(LOOK, columns, p.answers[rows], acted[rows], known, 1000.0)
        seen = look(reference, window, Terms(by="effect"))
        moved = [f for f in seen.findings if f.kind in ("drift", "performance")]
        found["effect"].append(bool(moved))
        found["money"].append(
            any(weigh(f, seen.loss, cost, Terms().payback).severity != "info" for f in moved if seen.loss)
        )
    return {f"mainspring, {by} decides": _opened(one) for by, one in found.items()}


def _opened(found: list[bool]) -> list[int]:
    """When an alert opens: k of the last n looks found something; it is over once none of them did."""
    k, n = CONFIRM
    alarms, standing = list[int](), False
    for i, one in enumerate(found):
        last = found[max(0, i - n + 1) : i + 1]
        if not standing and one and sum(last) >= k:
            alarms.append((i + 1) * LOOK)
            standing = True
        standing = standing and any(last)
    return alarms


def online(p: Prepared, make: Callable[[], object], most: int | None = None) -> list[int]:
    """River's detectors on the stream of errors, with their defaults."""
    detector, alarms = make(), list[int]()
    for number, wrong in enumerate(p.wrong[p.begin :][:most], start=1):
        detector.update(int(wrong))
        if detector.drift_detected:
            alarms.append(number)
    return alarms


def rule(before: pd.Series, now: pd.Series) -> bool:
    """Evidently's documented default of a column with more than 1,000 reference rows: normed Wasserstein or Jensen–Shannon from 0.1 on."""
    if before.nunique() > 5:
        return scipy.stats.wasserstein_distance(before, now) / max(before.std(), 0.001) >= 0.1
    levels = sorted({*before, *now})
    shares = [one.value_counts(normalize=True).reindex(levels).fillna(0) for one in (before, now)]
    return float(jensenshannon(*shares, base=2)) >= 0.1


def evidently_frames(p: Prepared) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    whole = p.features.assign(target=p.truth, prediction=p.answers.argmax(axis=1))
    return whole[: p.begin], [whole[rows] for rows in p.looks()]


def evidently(p: Prepared, peers: str | None) -> dict[str, list[int]]:
    """Alarms anew of the whole dataset (half of the columns drifted) and of any column, features, target and prediction among them."""
    before, nows = evidently_frames(p)
    drifted = (
        asked_of_evidently(before, nows, peers)
        if peers
        else [[rule(before[c], now[c]) for c in before] for now in nows]
    )
    return {
        "dataset": _anew([np.mean(one) >= 0.5 for one in drifted]), "any column": _anew([any(one) for one in drifted]),
    }  # fmt: skip


def asked_of_evidently(before: pd.DataFrame, nows: list[pd.DataFrame], peers: str) -> list[list[bool]]:
    payload = {"before": before.to_dict("list"), "nows": [now.to_dict("list") for now in nows]}
    done = subprocess.run([peers, str(Path(__file__).with_name("drift_evidently.py"))], input=json.dumps(payload),
                          capture_output=True, text=True, check=True)  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def _anew(drifted: list[bool]) -> list[int]:
    """Rows after which an alarm begins; one that goes on is the same."""
    return [(i + 1) * LOOK for i, one in enumerate(drifted) if one and not (i and drifted[i - 1])]


def detectors(p: Prepared, peers: str | None) -> dict[str, list[int]]:
    found = ours(p)
    found["river ADWIN on errors"] = online(p, ADWIN)
    found["river KSWIN on errors"] = online(p, lambda: KSWIN(seed=0))
    which = "Evidently" if peers else "Evidently's documented rule"
    return found | {f"{which}, {name}": alarms for name, alarms in evidently(p, peers).items()}


def tell(name: str, stream: Callable[[int], Stream], seeds: int, peers: str | None) -> None:
    kept: dict[str, list[tuple[int | None, int, int]]] = {}
    for seed in range(seeds):
        p = Prepared(stream(seed * 10 + 1))
        for detector, alarms in detectors(p, peers).items():
            calm = p.rows if p.at is None else p.at
            false = sum(alarm <= calm for alarm in alarms)
            after = [alarm - calm for alarm in alarms if alarm > calm]
            kept.setdefault(detector, []).append((after[0] if after else None, false, calm))
    print(f"\n| {name} | noticed | rows until then, median | false alarms in 10,000 rows |\n|---|---|---|---|")
    for detector, runs in kept.items():
        delays = [delay for delay, _, _ in runs if delay is not None]
        per = 10_000 * sum(f for _, f, _ in runs) / sum(c for _, _, c in runs)
        noticed = f"{len(delays)} of {len(runs)}" if name in STREAMS else "–"
        print(f"| {detector} | {noticed} | {np.median(delays):,.0f} | {per:.2f} |" if delays and name in STREAMS
              else f"| {detector} | {noticed} | – | {per:.2f} |", flush=True)  # fmt: skip


def million() -> None:
    """A million rows of a world that does not change, looked at every 500 rows: 2,000 looks, five and a half years of days."""
    began = time.monotonic()
    p = Prepared((*river_rows(synth.Agrawal(0, seed=3, perturbation=0.05), 1_000_000 + LEARNED + JUDGED), None))
    print("\n| a million rows, nothing changes | alarms |\n|---|---|")
    for name, alarms in ours(p).items():
        print(f"| {name} | {len(alarms)} |", flush=True)
    print(f"| river ADWIN on errors | {len(online(p, ADWIN))} |")
    print(f"| river KSWIN on errors, first 100,000 rows | {len(online(p, lambda: KSWIN(seed=0), 100_000))} |")
    found = evidently(p, None)
    for name, alarms in found.items():
        print(f"| Evidently's documented rule, {name} | {len(alarms)} |")
    print(f"({time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=3)
    asked.add_argument("--peers", help="a Python that has Evidently")
    asked.add_argument("--million", action="store_true")
    asked.add_argument("--only", default="", help="a word of the names of streams")
    told_to = asked.parse_args()
    print(f"river {version('river')}, scikit-learn {version('scikit-learn')}, Python {sys.version.split()[0]}")
    if told_to.peers:
        asks = "from importlib.metadata import version as v; print(*(f'{n} {v(n)}' for n in ('evidently', 'pandas', 'scipy')), sep=', ')"
        subprocess.run([told_to.peers, "-c", asks], check=True)
    if told_to.million:
        million()
        sys.exit()
    for name, stream in {**STREAMS, **CALM}.items():
        if told_to.only in name:
            tell(name, stream, 1 if stream is beijing else told_to.seeds, told_to.peers)
