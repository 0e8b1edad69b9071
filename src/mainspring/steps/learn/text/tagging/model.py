"""A tagger that was learned: texts in, spans out. Asks ONNX Runtime; loads no PyTorch."""

import json
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tokenizers import Tokenizer

from mainspring.cores import cores
from mainspring.errors import Tampered
from mainspring.measure.spans.span import Span
from mainspring.measure.spans.tags import chunks
from mainspring.model import CARD, Kinds, ModelCard
from mainspring.steps.learn.text.encoder.asked import opened
from mainspring.steps.learn.text.encoder.drawing import CHARACTERS, IDS, LOOKS, MASK
from mainspring.steps.learn.text.side_by_side import side_by_side
from mainspring.steps.learn.text.tagging.decode import best, likely
from mainspring.steps.learn.text.tagging.pieces import Piece, Pieces, Read, Window, read_of, windows
from mainspring.steps.learn.text.tagging.transitions import Steps, Transitions, steps_allowed
from mainspring.steps.learn.text.tagging.units import Unit, spans_of

GRAPH, TOKENIZER, SETTINGS = "tagger.onnx", "tokenizer.json", "tagger.json"
CHANCES = "chances"
FORMAT = 3
"""Of a saved tagger: 2 reads no characters of words; those saved without a number have format 1, which cut texts otherwise."""
CUT_OTHERWISE = "saved by an earlier release, which cut texts otherwise at Chinese and curly signs: learn it again, or it misses some spans"
WORD_FEATURES = BY_SHAPE, BY_CHARACTERS = ("shape", "characters")
"""What may be seen of a word beside its tokens: how it is written as a whole, and which characters it has."""
TEXTS_AT_ONCE = 256
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Settings:
    """``tags`` in the order of the graph's outputs, the ``column`` that has the text, how many tokens a window has, how tags follow
    one another, where that is known, what of words was learned beside their tokens (``WORD_FEATURES``), and whether tokens may hold several
    units, which then are answered by a line for each place in a token."""

    tags: tuple[str, ...]
    column: str
    longest: int
    transitions: Transitions | None = None
    word_features: tuple[str, ...] = (BY_SHAPE,)
    joined: bool = False

    @property
    def steps(self) -> Steps:
        return steps_allowed(self.tags) if self.transitions is None else self.transitions.steps(self.tags)


class _Read:
    """A text cut up: its units, their pieces, and the windows in which they are asked."""

    def __init__(self, units: list[Unit], pieces: list[Piece], longest: int) -> None:
        self.units, self.pieces = units, pieces
        self.windows = list(windows(pieces, longest))

    def read(self, window: Window, marks: tuple[int, int]) -> Read:
        return read_of(self.pieces[window.first : window.end], marks)


class TaggerModel:
    """Answers ``prediction``: the spans of a text. ``folder`` has the graph and the tokenizer; thread-safe."""

    def __init__(self, card: ModelCard, folder: Path, settings: Settings) -> None:
        self.card, self.settings, self._folder = card, settings, folder
        self._steps = settings.steps
        try:
            self._pieces = Pieces(Tokenizer.from_file(str(folder / TOKENIZER)), joined=settings.joined)
        except Exception as error:  # the library raises plain Exception
            raise Tampered("the tagger has no readable tokenizer", where=str(folder)) from error
        self._session: Any = None
        self._lock = threading.Lock()

    def mind(self, transitions: Transitions) -> None:
        """From here on, how tags follow one another counts."""
        self.settings = replace(self.settings, transitions=transitions)
        self._steps = self.settings.steps

    def predict(self, table: pa.Table) -> pa.Table:
        there = self.settings.column in table.column_names
        texts = table.column(self.settings.column).to_pylist() if there else [None] * len(table)
        answers = [self._answer(text, found) for text, found in zip(texts, self.spans(texts), strict=True)]
        return pa.table({"prediction": pa.array(answers, self.card.answer.field(0).type)}, schema=self.card.answer)

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        text = record.get(self.settings.column)
        return {"prediction": self._answer(text, self.spans([text])[0])}

    def spans(self, texts: Sequence[object]) -> list[list[tuple[Span, float]]]:
        """The spans of each text, each with how sure it is; of what is no text none."""
        return [self.found(units, logs, self._steps) for units, logs in self.likely(texts)]

    def likely(self, texts: Sequence[object]) -> Iterator[tuple[list[Unit], Floats]]:
        """The units of each text, and the logarithms of their tags' probabilities (units × tags)."""
        for at in range(0, len(texts), TEXTS_AT_ONCE):
            yield from self._some([text if isinstance(text, str) else "" for text in texts[at : at + TEXTS_AT_ONCE]])

    def _some(self, texts: Sequence[str]) -> list[tuple[list[Unit], Floats]]:
        read = [_Read(*self._pieces.of(text), self.settings.longest) for text in texts]
        chances = [np.zeros((len(one.units), len(self.settings.tags)), np.float32) for one in read]
        asked = [(number, window) for number, one in enumerate(read) for window in one.windows]
        marks = (self._pieces.starts, self._pieces.ends)
        session = self._opened()

        def ask(one: tuple[int, Window]) -> Floats:
            told = read[one[0]].read(one[1], marks)
            given = {IDS: told.ids[None], MASK: np.ones((1, len(told.ids)), np.int32), LOOKS: told.looks[None]}
            if BY_CHARACTERS in self.settings.word_features:
                given[CHARACTERS] = told.characters[None]
            of_tokens = session.run([CHANCES], given)[0][0]
            return of_tokens.reshape(len(of_tokens), -1, len(self.settings.tags))[told.tokens, told.places]

        # Each window by itself: what stands beside a text must not change its answer, and 8-bit graphs round by all they are asked.
        for (number, window), of_units in zip(asked, side_by_side(ask, asked, cores()), strict=True):
            skipped, kept = window.taken - window.first, window.left - window.first
            chances[number][window.taken : window.left] = of_units[skipped:kept]
        return [
            (one.units, likely(of_text) if one.units else of_text) for one, of_text in zip(read, chances, strict=True)
        ]

    def found(self, units: list[Unit], logs: Floats, steps: Steps) -> list[tuple[Span, float]]:
        """The spans among units, each with how sure it is."""
        if not units:
            return []
        numbers = best(logs, [unit.ends for unit in units], steps)
        found = chunks([self.settings.tags[number] for number in numbers])
        sure = np.exp(logs[np.arange(len(units)), numbers])
        scored = [float(sure[chunk.first : chunk.end].min()) for chunk in found]
        return list(zip(spans_of(found, units), scored, strict=True))

    def _answer(self, text: object, found: Sequence[tuple[Span, float]]) -> list[dict[str, Any]]:
        told = text if isinstance(text, str) else ""
        return [
            {"start": s.start, "end": s.end, "label": s.label, "text": told[s.start : s.end], "score": round(sure, 3)}
            for s, sure in found
        ]

    def _opened(self) -> Any:
        with self._lock:
            if self._session is None:
                self._session = opened(self._folder / GRAPH, threads=1)
            return self._session

    def save(self, folder: Path) -> None:
        for name in (GRAPH, TOKENIZER):
            shutil.copyfile(self._folder / name, folder / name)
        (folder / SETTINGS).write_text(
            json.dumps({"format": FORMAT, **asdict(self.settings)}, ensure_ascii=False), encoding="utf-8"
        )
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:  # noqa: ARG003 — the interface of saved kinds
        """Of format 1 it is opened, and its card says what that means.

        Raises:
            Tampered: the format is newer than this release reads, or the settings cannot be read.
        """
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        made, settings = _settings_of(folder / SETTINGS)
        if made < 2 and CUT_OTHERWISE not in card.notes:
            card = replace(card, notes=(*card.notes, CUT_OTHERWISE))
        return cls(card, folder, settings)


def _settings_of(path: Path) -> tuple[int, Settings]:
    """The format, and what stands there."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        made = int(plain.get("format", 1))
        if made <= FORMAT:
            tags, told = tuple(plain["tags"]), plain.get("transitions")
            known = None if told is None else Transitions.read(told, len(tags))
            features = tuple(plain.get("word_features", (BY_SHAPE,)))
            joined = bool(plain.get("joined", False))
            return made, Settings(tags, plain["column"], plain["longest"], known, features, joined)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Tampered("the tagger has no readable settings", where=str(path), remedy="learn it again") from error
    raise Tampered(
        f"the tagger has format {made}, this release reads up to {FORMAT}", where=str(path),
        remedy="upgrade mainspring, or learn the tagger again with this release",
    )  # fmt: skip
