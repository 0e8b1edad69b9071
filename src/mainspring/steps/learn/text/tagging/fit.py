"""Fit: a tagger from texts with spans: the encoder trained on, written down as a graph, and in 8 bits where that keeps its quality."""

import shutil
import tempfile
import time
import weakref
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from tokenizers import Tokenizer
from torch import nn

from mainspring.errors import LearnError, QualityError, nearest
from mainspring.measure.spans.agreement import of_wholes
from mainspring.measure.spans.span import Span, read_spans
from mainspring.measure.spans.tags import OUTSIDE, chunks
from mainspring.model import SPANS_ANSWER, ModelCard, Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.text.encoder.encoder import default_for
from mainspring.steps.learn.text.encoder.places import folder_of
from mainspring.steps.learn.text.encoder.small import quantised
from mainspring.steps.learn.text.encoder.tokens import batches
from mainspring.steps.learn.text.encoder.weights import TOKENIZER, Arrays, Shape
from mainspring.steps.learn.text.tagging.column import text_column
from mainspring.steps.learn.text.tagging.examples import NOT_ASKED, Batch, Examples, together
from mainspring.steps.learn.text.tagging.examples import tagged_texts as cut
from mainspring.steps.learn.text.tagging.graph import write_graph
from mainspring.steps.learn.text.tagging.labels import mistyped, tags_of
from mainspring.steps.learn.text.tagging.model import (
    BY_CHARACTERS,
    BY_SHAPE,
    GRAPH,
    WORD_FEATURES,
    Settings,
    TaggerModel,
)
from mainspring.steps.learn.text.tagging.pieces import Pieces
from mainspring.steps.learn.text.tagging.tagger import Tagger
from mainspring.steps.learn.text.tagging.transitions import Steps, Transitions
from mainspring.steps.learn.text.tagging.words.characters import VECTORS
from mainspring.steps.learn.text.tagging.words.joined import PLACES, joins
from mainspring.steps.learn.text.tagging.words.looks import LOOKS
from mainspring.steps.learn.text.tuning.course import Course, Judging, Pace, Reached
from mainspring.steps.learn.text.tuning.met import meet, put_back
from mainspring.steps.learn.text.tuning.network import TaggingNetwork, pretrained

LONGEST = 160
"""Tokens of a window."""
LOST = 0.002
"""Entity F1 that 8 bits may cost on validation."""
JUDGED = 40_000
"""Units of validation texts that are tagged after each epoch, at most."""
WEIGHTS = (0.0, 0.25, 0.5)
"""How much it may count how tags follow one another; with 0, it only counts whether spans go on behind the end of a line."""
USUAL = (BY_SHAPE,)
"""Features of words that are seen where nothing is said of them."""
SEEN = 32
"""Examples by which it is told how large the numbers are that an encoder leaves."""
KNOWN = ("encoder", "column", "longest", "class_weights", "int8", "word_features", *(f.name for f in fields(Pace)))


Texts = tuple[list[str], list[list[Span]]]
"""Texts, and the spans of each."""


def fit(tagger: Tagger, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> TaggerModel:
    settings = _known(dict(tagger.settings))
    column = settings.pop("column", None) or text_column(train, goal.target)
    texts, spans = examples_of(train, column, goal.target)
    tags = tags_of(spans)
    source = folder_of(settings.pop("encoder", None) or default_for(texts))
    longest = min(int(settings.pop("longest", LONGEST)), Shape.of(source).longest - 2)
    weighted, small = bool(settings.pop("class_weights", False)), bool(settings.pop("int8", True))
    features = _features(settings.pop("word_features", USUAL))
    pace = replace(Pace(seed=goal.seed, longer="epochs" not in settings), **settings)
    tokenizer = Tokenizer.from_file(str(source / TOKENIZER))
    told = Settings(tags, column, longest, word_features=features, joined=joins(tokenizer))
    lesson = _Lesson((source, tokenizer), told, goal, pace, weighted=weighted)
    held = None if valid is None else examples_of(valid, column, goal.target)
    arrays, reached = lesson.learn(texts, spans, held, budget, tagger)
    model = lesson.model(arrays, reached, len(texts))
    model.card = replace(model.card, notes=(*model.card.notes, *mistyped(spans)))
    transitions = Transitions.of(texts, spans, tags)
    if held is None or not held[0]:
        model.mind(replace(transitions, weight=WEIGHTS[1]))
        return model
    exact = _mind_order(model, transitions, held)
    return _smaller(model, held, exact) if small else model


def _known(settings: dict[str, Any]) -> dict[str, Any]:
    for name in settings:
        if name not in KNOWN:
            guess = nearest(name, KNOWN)
            raise LearnError(f"a tagger has no setting {name!r}", where="learn",
                             remedy=f"did you mean {guess!r}?" if guess else f"known: {', '.join(KNOWN)}")  # fmt: skip
    return settings


def _features(asked: Sequence[str]) -> tuple[str, ...]:
    for name in asked:
        if name not in WORD_FEATURES:
            raise LearnError(f"a tagger sees no {name!r} of words", where="learn.word_features",
                             remedy=f"choose among {', '.join(WORD_FEATURES)}")  # fmt: skip
    return tuple(name for name in WORD_FEATURES if name in asked)


def examples_of(table: pa.Table, column: str, target: str) -> Texts:
    """Texts and their spans; rows that lack either are left out."""
    texts, spans = [], []
    for text, told in zip(table.column(column).to_pylist(), table.column(target).to_pylist(), strict=True):
        found = None if told is None else read_spans(told)
        if isinstance(text, str) and found is not None:
            texts.append(text)
            spans.append(found)
    return texts, spans


class _Lesson:
    """``encoder`` is the folder of its files and its tokenizer, ``weighted`` says that rare labels count for more."""

    def __init__(
        self, encoder: tuple[Path, Tokenizer], settings: Settings, goal: Goal, pace: Pace, *, weighted: bool
    ) -> None:
        (self.source, tokenizer), self.settings, self.goal = encoder, settings, goal
        self.tags, self.longest = settings.tags, settings.longest
        self._pace, self._weighted = pace, weighted
        self._shape = Shape.of(self.source)
        self._pieces = Pieces(tokenizer, joined=settings.joined)

    def _examples(self, texts: Sequence[str], spans: Sequence[Sequence[Span]], seed: int) -> Examples:
        marks = (self._pieces.starts, self._pieces.ends)
        return Examples(cut(texts, spans, self._pieces), self.tags, self.longest, marks, seed)

    def learn(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]], held: Texts | None, budget: Budget, tagger: Tagger
    ) -> tuple[Arrays, Reached]:  # fmt: skip
        torch.manual_seed(self._pace.seed)
        network = self._network()
        examples = self._examples(texts, spans, self._pace.seed)
        judged = None if held is None or not held[0] else self._examples(*_some(held), 0)
        meet(network.encoder, examples.met() | (judged.met() if judged is not None else set()))
        if not examples.lengths(0):
            raise QualityError("no text to learn from has a word", where=self.settings.column,
                               remedy="look at the column: its texts are blank")  # fmt: skip
        some = np.linspace(0, len(examples.lengths(0)) - 1, SEEN).astype(int)
        network.standardise(*map(torch.from_numpy, together([examples.of(int(number)) for number in some]).read))
        weights = self._weights(spans) if self._weighted else None

        def loss(batch: Sequence[int]) -> torch.Tensor:
            asked = together([examples.of(number) for number in batch])
            scores = _of_units(network, asked, len(self.tags)).float().flatten(0, 1)
            truth = torch.from_numpy(asked.tags).flatten()
            return nn.functional.cross_entropy(scores, truth, weight=weights, ignore_index=NOT_ASKED)

        judge = None if judged is None else _Judge(network, judged, self.tags).f1
        judging = Judging(judge, tagger.folder, tagger.progress)
        reached = Course(network, examples.lengths, loss, self._pace, judging).run(budget)
        put_back(network.encoder)
        return network.arrays(), reached

    def _network(self) -> TaggingNetwork:
        features = self.settings.word_features
        characters = VECTORS if BY_CHARACTERS in features else 0
        places = PLACES if self.settings.joined else 1
        network = TaggingNetwork(
            pretrained(self.source), self._shape.width, LOOKS, len(self.tags), characters=characters, places=places
        )
        network.looks.requires_grad_(BY_SHAPE in features)  # left out, they stay nothing
        return network

    def _weights(self, spans: Sequence[Sequence[Span]]) -> torch.Tensor:
        """The rarer a label, the more its words count: by the root, for what is very rare is not to drown all else."""
        counts = dict.fromkeys(self.tags, 1)
        for of_text in spans:
            for span in of_text:
                counts[f"B-{span.label}"] += 1
                counts[f"I-{span.label}"] += 1
        most = max(counts.values())
        return torch.tensor([1.0 if tag == OUTSIDE else (most / counts[tag]) ** 0.5 for tag in self.tags])

    def model(self, arrays: Arrays, reached: Reached, rows: int) -> TaggerModel:
        folder = Path(tempfile.mkdtemp(prefix="mainspring-tagger-"))
        write_graph(arrays, self._shape, folder / GRAPH)
        shutil.copyfile(self.source / TOKENIZER, folder / TOKENIZER)
        card = ModelCard(
            "tagger", Question.SPANS, self.goal.target, pa.schema([(self.settings.column, pa.string())]), SPANS_ANSWER, rows=rows,
            training_seconds=reached.seconds, metrics={} if reached.best is None else {"entity_f1": reached.best},
            notes=(f"{reached.trained:,} of {reached.total:,} weights were learned, in {reached.steps:,} steps",),
        )  # fmt: skip
        model = TaggerModel(card, folder, self.settings)
        # The files are copied where the model is saved; until then they are its own.
        weakref.finalize(model, shutil.rmtree, folder, ignore_errors=True)
        return model


def _of_units(network: TaggingNetwork, batch: Batch, tags: int) -> torch.Tensor:
    """Scores of ``tags`` (texts × units × tags)."""
    tokens, places = map(torch.from_numpy, batch.asked)
    scores = network(*map(torch.from_numpy, batch.read))
    rows = torch.arange(len(scores))[:, None]
    return scores.unflatten(2, (-1, tags))[rows, tokens, places]


class _Judge:
    """Entity F1 of the network on examples, every unit tagged by itself."""

    def __init__(self, network: TaggingNetwork, examples: Examples, tags: Sequence[str]) -> None:
        self._network, self._tags = network, tags
        lengths = examples.lengths(0)
        self._batches = [together([examples.of(number) for number in batch]) for batch in batches(lengths, 4096, 64)]

    @torch.no_grad()
    def f1(self) -> float:
        true: list[list[tuple[int, int, str]]] = []
        found: list[list[tuple[int, int, str]]] = []
        for batch in self._batches:
            scores = _of_units(self._network, batch, len(self._tags)).argmax(dim=2).numpy()
            for row, picked in zip(batch.tags, scores, strict=True):
                asked = row != NOT_ASKED
                true.append(self._chunks(row[asked]))
                found.append(self._chunks(picked[asked]))
        return of_wholes(true, found)[""].f1

    def _chunks(self, numbers: Any) -> list[tuple[int, int, str]]:
        return [(first, end, label) for first, end, label in chunks([self._tags[int(k)] for k in numbers])]


def _some(held: Texts) -> Texts:
    """Texts from the beginning on until there are enough to judge by."""
    ends = np.cumsum([len(text) // 5 + 1 for text in held[0]])
    count = max(1, int(np.searchsorted(ends, JUDGED, side="right")))
    return held[0][:count], held[1][:count]


def _smaller(model: TaggerModel, held: Texts, exact: float) -> TaggerModel:
    """The same in 8 bits where validation says that it is as good, else as it is, which is ``exact``; the card says which."""
    some, began = _some(held), time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="mainspring-tagger-"))
    model.save(folder)
    whole = folder / f"whole-{GRAPH}"
    (folder / GRAPH).replace(whole)
    quantised(whole, folder / GRAPH)
    whole.unlink()
    small = TaggerModel(model.card, folder, model.settings)
    rounded = _f1(small, some)
    told = f"8 bits: entity F1 {rounded:.4f} on validation, {exact:.4f} in 32 bits"
    kept = rounded >= exact - LOST
    chosen = small if kept else model
    weakref.finalize(small, shutil.rmtree, folder, ignore_errors=True)
    notes = (*model.card.notes, f"{told}: {'kept' if kept else 'refused'}")
    seconds = (model.card.training_seconds or 0.0) + time.monotonic() - began
    chosen.card = replace(
        model.card, notes=notes, training_seconds=seconds, metrics={"entity_f1": rounded if kept else exact}
    )
    return chosen


def _mind_order(model: TaggerModel, transitions: Transitions, held: Texts) -> float:
    """Have it mind how tags follow one another, as far as that helps on validation; the entity F1 it has there then."""
    texts, spans = _some(held)
    read = list(model.likely(texts))

    def f1(steps: Steps) -> float:
        found = [[span for span, _ in model.found(units, logs, steps)] for units, logs in read]
        return of_wholes(spans, found)[""].f1

    without = f1(model.settings.steps)
    weighed = [replace(transitions, weight=weight) for weight in WEIGHTS]
    reached = [f1(one.steps(model.settings.tags)) for one in weighed]
    best = int(np.argmax(reached))
    if reached[best] <= without:
        return without
    model.mind(weighed[best])
    note = f"how tags follow one another counts {WEIGHTS[best]:g}: entity F1 {reached[best]:.4f} on validation, {without:.4f} without"
    model.card = replace(
        model.card, notes=(*model.card.notes, note), metrics={**model.card.metrics, "entity_f1": reached[best]}
    )
    return reached[best]


def _f1(model: TaggerModel, held: Texts) -> float:
    found = [[span for span, _ in of_text] for of_text in model.spans(held[0])]
    return of_wholes(held[1], found)[""].f1
