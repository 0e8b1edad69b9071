"""Classes of public texts, learned by ``Workspace.run`` as a user would, and scored on rows that nothing saw; published figures beside.

``make bench-text`` runs each set with one seed; ``ARGS="--sets banking77 --seconds 600 --seeds 3"`` others, ``--candidates`` only some
learners. What was measured is kept line by line in ``--results`` and not measured again; ``summary`` prints the table of it. The sets lie
in ``../shared/data`` (or ``--data``).
"""

import argparse
import csv
import gzip
import io
import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import GroupKFold, StratifiedShuffleSplit

import machine
from mainspring import Automation, Workspace

Texts = list[tuple[str, str]]
"""(text, label) a row."""
OTHER = "oos"
"""How CLINC150 calls what no class stands for: it is tested on, never learned from."""
MISTAKEN = 0.05
"""The share of rows in scope that may be taken for it."""
NEAR = 0.8
"""Cosine of TF-IDF from which on two sentences are copies."""


@dataclass(frozen=True)
class Part:
    """One way to part a set: what is learned from, and what is tested on."""

    train: Texts
    test: Texts


@dataclass(frozen=True)
class Set:
    """``parts`` gives the parts of a seed; ``reference`` is what others published."""

    parts: Callable[[Path, int], Iterator[Part]]
    reference: str


def banking77(data: Path, seed: int) -> Iterator[Part]:  # noqa: ARG001 — the authors' own split
    yield Part(
        *(
            _csv((data / "banking77" / f"{name}.csv").read_text(encoding="utf-8"), "text", "category")
            for name in ("train", "test")
        )
    )


def clinc150(data: Path, seed: int) -> Iterator[Part]:  # noqa: ARG001
    told = json.loads(gzip.decompress((data / "clinc150" / "data_full.json.gz").read_bytes()))
    yield Part(
        [*map(_pair, told["train"]), *map(_pair, told["val"])],
        [_pair(row) for row in (*told["test"], *told["oos_test"])],
    )


def phrasebank(data: Path, seed: int) -> Iterator[Part]:
    lines = (data / "financial_phrasebank" / "Sentences_50Agree.txt").read_text(encoding="latin-1").splitlines()
    rows = [(text, label) for text, _, label in (line.rpartition("@") for line in lines if line.strip())]
    yield from _folds(rows, _copies([text for text, _ in rows]), seed)


def chnsenticorp(data: Path, seed: int) -> Iterator[Part]:  # noqa: ARG001
    folder = data / "zh_chnsenticorp_split"
    train = gzip.decompress((folder / "train.tsv.gz").read_bytes()).decode()
    dev, test = ((folder / f"{name}.tsv").read_text(encoding="utf-8") for name in ("dev", "test"))
    yield Part([*_tsv(train), *_tsv(dev)], _tsv(test))


def waimai(data: Path, seed: int) -> Iterator[Part]:
    yield _apart(_csv((data / "zh_waimai_10k" / "waimai_10k.csv").read_text(encoding="utf-8"), "review", "label"), seed)


def hotels(data: Path, seed: int) -> Iterator[Part]:
    content = gzip.decompress((data / "zh_chnsenticorp_htl" / "ChnSentiCorp_htl_all.csv.gz").read_bytes()).decode(
        "utf-8"
    )
    yield _apart(_csv(content, "review", "label"), seed)


def news(data: Path, seed: int) -> Iterator[Part]:
    content = gzip.decompress((data / "zh_financial_news_sentiment" / "test_data.csv.gz").read_bytes()).decode(
        "utf-8-sig"
    )
    rows = list(csv.DictReader(io.StringIO(content)))
    text = [" ".join(str(row[name] or "") for name in row if name != "正负面") for row in rows]
    yield _apart([(t, row["正负面"]) for t, row in zip(text, rows, strict=True)], seed)


SETS = {
    "banking77": Set(banking77, "BERT 93.1-93.7, bge-small + SVC 93.1"),
    "clinc150": Set(
        clinc150, "in scope / unknown found: BERT 96.9 / 40.3, BERT with a threshold 96.2 / 52.3, MLP 93.4 / 49.1"
    ),
    "financial_phrasebank": Set(phrasebank, "10 folds: FinBERT .86 / .84 (.83 / .82 in its own notebook)"),
    "zh_chnsenticorp": Set(chnsenticorp, "BERT 95.0, RoBERTa-wwm-ext 95.6"),
    "zh_waimai": Set(waimai, "none known; 30 % held out"),
    "zh_hotels": Set(hotels, "none known; 30 % held out"),
    "zh_financial_news": Set(news, "none known; 30 % held out"),
}


def _csv(content: str, text: str, label: str) -> Texts:
    return [(row[text], row[label]) for row in csv.DictReader(io.StringIO(content))]


def _tsv(content: str) -> Texts:
    return [(text, label) for label, _, text in (line.partition("\t") for line in content.splitlines()[1:])]


def _pair(row: list[str]) -> tuple[str, str]:
    return row[0], row[1]


def _apart(rows: Texts, seed: int) -> Part:
    """30 % held out; copies of a text on one side."""
    first = {text: i for i, (text, _) in reversed(list(enumerate(rows)))}
    own = sorted(first.values())
    split = StratifiedShuffleSplit(1, test_size=0.3, random_state=seed)
    train, test = next(split.split(own, [rows[i][1] for i in own]))
    return Part([rows[own[i]] for i in train], [rows[own[i]] for i in test])


def _copies(texts: list[str]) -> np.ndarray:
    """A number a text, the same for near copies."""
    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit_transform(texts)
    return connected_components((vectors @ vectors.T) > NEAR, directed=False)[1]


def _folds(rows: Texts, groups: np.ndarray, seed: int) -> Iterator[Part]:
    for train, test in GroupKFold(10, shuffle=True, random_state=seed).split(rows, groups=groups):
        yield Part([rows[i] for i in train], [rows[i] for i in test])


@dataclass(frozen=True)
class How:
    """How a part is learned: for so many ``seconds``, by these ``candidates``, from so many rows a class (``shots``; 0: all), for a model
    that answers a row within the ``latency`` (such as ``100ms``; none: as quickly as is usual)."""

    seconds: float
    seed: int
    candidates: tuple[str, ...]
    shots: int
    latency: str | None = None

    def declared(self, table: Path, unknown: bool) -> Automation:
        learn = {
            "target": "label", "limits": {"time": self.seconds, "latency": self.latency}, "seed": self.seed,
            "candidates": list(self.candidates),
            "split": {"test": 0.02 if not self.shots else 0.13},
        }  # fmt: skip
        scope = {"out_of_scope": MISTAKEN} if unknown else {}
        return Automation.model_validate({
            "name": "bench", "source": {"table": str(table)}, "learn": {**learn, **scope},
            "prepare": {"types": {"text": "text", "label": "category"}, "duplicates": "keep"},
        })  # fmt: skip


def measure(part: Part, how: How) -> dict[str, object]:
    train = [(text, label) for text, label in part.train if label != OTHER]
    train = _few(train, how.shots, how.seed) if how.shots else train
    unknown = any(label == OTHER for _, label in part.test)
    with TemporaryDirectory() as name:
        folder = Path(name)
        texts, labels = zip(*train, strict=True)
        pq.write_table(pa.table({"text": list(texts), "label": list(labels)}), folder / "train.parquet")
        with Workspace(folder / "space") as workspace:
            began = time.perf_counter()
            workspace.run(how.declared(folder / "train.parquet", unknown))
            spent = time.perf_counter() - began
            began = time.perf_counter()
            answers = workspace.predict("bench", pa.table({"text": [text for text, _ in part.test]}))
            answering = time.perf_counter() - began
            card = workspace.models.list("bench")[0].card
    told, truth = [str(answer) for answer in answers["prediction"].to_pylist()], [label for _, label in part.test]
    inside = [i for i, label in enumerate(truth) if label != OTHER]
    found = {
        "accuracy": accuracy_score([truth[i] for i in inside], [told[i] for i in inside]),
        "f1_macro": f1_score([truth[i] for i in inside], [told[i] for i in inside], average="macro"),
        "rows": [len(train), len(inside)], "spent": spent, "rows_a_second": len(truth) / answering,
        "ms": card.latency_ms["p50"], "size_mb": card.size_mb, "notes": list(card.notes),
    }  # fmt: skip
    if unknown:
        out = answers["out_of_scope"].to_pylist()
        found["unknown_found"] = statistics.mean(out[i] for i, label in enumerate(truth) if label == OTHER)
        found["accuracy_kept"] = statistics.mean(told[i] == truth[i] and not out[i] for i in inside)
    return found


def _few(rows: Texts, shots: int, seed: int) -> Texts:
    order = np.random.default_rng(seed).permutation(len(rows)).tolist()
    counts: Counter[str] = Counter()
    kept: Texts = []
    for i in order:
        counts[rows[i][1]] += 1
        if counts[rows[i][1]] <= shots:
            kept.append(rows[i])
    return kept


def summary(results: Path) -> None:
    lines = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()] if results.exists() else []
    heads = (
        "set", "learners", "a class", "seconds", "parts", "accuracy", "macro F1", "unknown found", "one row, ms", "size, MB", "published",
    )  # fmt: skip
    print(f"\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for key in dict.fromkeys(tuple(r["of"]) for r in lines):
        found = [r for r in lines if tuple(r["of"]) == key]
        name, candidates, shots, seconds = key
        mean = {part: statistics.mean(r[part] for r in found) for part in ("accuracy", "f1_macro", "ms", "size_mb")}
        spread = f" ± {statistics.stdev(r['accuracy'] for r in found):.4f}" if len(found) > 1 else ""
        unknown = "–"
        if "unknown_found" in found[0]:
            kept = statistics.mean(r["accuracy_kept"] for r in found)
            unknown = f"{statistics.mean(r['unknown_found'] for r in found):.3f} (accuracy then {kept:.4f})"
        print(
            f"| {name} | {candidates or 'all'} | {shots or 'all'} | {seconds:g} | {len(found)} | {mean['accuracy']:.4f}{spread} "
            f"| {mean['f1_macro']:.4f} | {unknown} | {mean['ms']:.2f} | {mean['size_mb']:.1f} | {SETS[name].reference} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=["run", "summary"], default="run")
    parser.add_argument("--sets", nargs="*", default=list(SETS), choices=list(SETS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--parts", type=int, default=10, help="of a set that is parted several times, only so many")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--candidates", nargs="*", default=[])
    parser.add_argument("--shots", type=int, default=0, help="learn from so many rows of each class")
    parser.add_argument("--latency", help="what a row may take, such as 100ms")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--results", type=Path, default=Path("benchmarks/.results/text.jsonl"))
    told = parser.parse_args()
    if told.what == "run":
        print(machine.line("mainspring", "scikit-learn", "lightgbm", "rjieba", "opencc", "torch"))
        _run(told)
    summary(told.results)


def _run(told: argparse.Namespace) -> None:
    lines = told.results.read_text(encoding="utf-8").splitlines() if told.results.exists() else []
    told.results.parent.mkdir(parents=True, exist_ok=True)
    known = {json.dumps(json.loads(line)["key"]) for line in lines}
    for name in told.sets:
        for seed in range(told.seeds):
            how = How(told.seconds, seed, tuple(told.candidates), told.shots, told.latency)
            for number, part in enumerate(SETS[name].parts(told.data, seed)):
                limited = [] if told.latency is None else [f"within {told.latency}"]
                of = [name, " ".join([*told.candidates, *limited]), told.shots, told.seconds]
                key = [*of, seed, number]
                if json.dumps(key) in known or number >= told.parts:
                    continue
                found = measure(part, how)
                with told.results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"key": key, "of": of, **found}, ensure_ascii=False) + "\n")
                unknown = f", unknown found {found['unknown_found']:.3f}" if "unknown_found" in found else ""
                print(
                    f"{name} seed {seed} part {number}: accuracy {found['accuracy']:.4f}, macro F1 {found['f1_macro']:.4f}{unknown} "
                    f"in {found['spent']:.0f} s; {found['ms']:.2f} ms a row, {found['size_mb']:.1f} MB ({', '.join(found['notes'])})",
                    flush=True,
                )


if __name__ == "__main__":
    main()
