"""Ways: what can see these texts: words, vectors of a frozen encoder, vectors of one that is tuned first."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from mainspring.errors import LearnError
from mainspring.measure.multilabel.agreement import Bools
from mainspring.steps.learn.learner import Budget, Folds, RowNumbers
from mainspring.steps.learn.text.encoded.vectors import Vectors, default_for, vectors
from mainspring.steps.learn.text.kinds import lacks_encoders, lacks_tuning, tuned
from mainspring.steps.learn.text.multilabel.examples import Examples, Texts
from mainspring.steps.learn.text.multilabel.learner import CANDIDATES, USUAL_CANDIDATES
from mainspring.steps.learn.text.multilabel.sight import Encoded
from mainspring.steps.learn.text.multilabel.trial import ByColumns, ByVectors, ByWords, Way
from mainspring.steps.learn.timing import latency

TRIED = 24
"""Texts that tell how long the encoder takes for one."""
READING, TUNING = 0.35, 0.6
"""Of the time, for the encoder to read texts, and for one to be tuned before."""
FEWEST, AT_ONCE, STRIDE = 100, 200, 97
"""Rows that are read whatever the clock says, and so many between two looks at it; in strides of so many rows."""
LEAST = 1 / 3
"""Of the rows: an encoder that has read fewer adds nothing to words, which know all."""
NO_TIME = "there was no time left for it"
SLOW = "alone it is slower than the latency limit"
NO_TEXT, NOTHING_BESIDE = "there is no column of texts", "there are no numbers or categories beside the texts"


def ways_to_see(
    settings: Mapping[str, Any], examples: Examples, folds: Folds, seed: int, budget: Budget
) -> tuple[list[Way], dict[str, str]]:
    """Ways to see rows, and name → why not of the others.

    Raises:
        LearnError: none of the candidates can take part.
    """
    wanted = tuple(settings.get("candidates") or USUAL_CANDIDATES)
    ways: list[Way] = [ByWords()] if "tfidf_linear" in wanted and examples.texts else []
    lacking = {name: NO_TEXT for name in wanted if name != ByColumns.name and not examples.texts}
    limit, texts = settings.get("latency"), examples.texts
    for name in ("encoder_tuned", "encoder_linear"):
        if name not in wanted or name in lacking:
            continue
        why = lacks_encoders() or (lacks_tuning() if name == "encoder_tuned" else None)
        if why is None:
            encoder = str(settings.get("encoder") or default_for([text for column in texts for text in column]))
            slow = limit is not None and _too_slow(vectors(encoder), texts, float(limit))
            why = SLOW if slow else None
            if why is None and name == "encoder_tuned":
                ways.append(_tuned(encoder, examples, folds, seed, budget))
            elif why is None:
                found = _read(Encoded(vectors(encoder), len(texts)), texts, budget, least=LEAST if ways else 0.0)
                why = NO_TIME if found is None else None
                ways += [] if found is None else [found]
        if why is not None:
            lacking[name] = why
    if examples.beside.shape[1] and ByColumns.name in wanted:
        ways.append(ByColumns())
    elif ByColumns.name in settings.get("candidates", ()):
        lacking[ByColumns.name] = NOTHING_BESIDE
    if not ways:
        why = "; ".join(f"{name}: {why}" for name, why in lacking.items())
        raise LearnError(f"no candidate can take part: {why or ', '.join(wanted)}", where="learn.candidates",
                         remedy=f"name one of {', '.join(CANDIDATES)}")  # fmt: skip
    return ways, lacking


def _too_slow(told: Vectors, texts: Texts, limit: float) -> bool:
    everything = [text for column in texts for text in column]
    some = np.linspace(0, len(everything) - 1, min(TRIED, len(everything))).astype(np.int64).tolist()
    asked = [{"text": everything[place]} for place in some]
    return latency(lambda record: told.of([record["text"]]), asked)["p95"] > 1000.0 * limit


def _read(
    sight: Encoded, texts: Texts, budget: Budget, folds: int | None = None, *, least: float = 0.0
) -> ByVectors | None:
    """Texts are read here, once, as many as the time allows, evenly spread: their vectors are remembered. None where that is going to be
    less than the ``least`` share of the rows."""
    began, whole = time.monotonic(), READING * budget.seconds
    end, rows = Budget(began + whole), len(texts[0])
    # Each stride through the rows is spread as evenly as all of them are.
    order = np.concatenate([np.arange(first, rows, STRIDE) for first in range(STRIDE)])
    read = 0
    while read < rows and (read < FEWEST or not end.is_over()):
        part = order[read : read + AT_ONCE].tolist()
        for column in texts:
            sight.vectors.of([column[row] for row in part])
        read += len(part)
        if read < rows and read * whole < least * rows * max(1e-6, time.monotonic() - began):
            return None
    return ByVectors(sight, None if read == rows else np.sort(order[:read]), folds)


def _tuned(encoder: str, examples: Examples, folds: Folds, seed: int, budget: Budget) -> ByVectors:
    """By the training rows of the first fold, whose other rows say when to stop, and judge: it is tuned once."""
    texts, everything = examples.texts, range(len(examples))
    rows, held = folds[0] if len(folds) else (everything, ())
    end = Budget(time.monotonic() + TUNING * budget.seconds, budget.threads)
    other = _texts_of(examples, held) if len(held) else None
    folder, _ = tuned().tuned_on_labels(encoder, _texts_of(examples, rows), other, seed, end)
    found = _read(Encoded(Vectors(encoder, folder), len(texts), "encoder_tuned"), texts, budget, 1)
    assert found is not None  # however little was read
    return found


def _texts_of(examples: Examples, rows: RowNumbers) -> tuple[list[str], Bools]:
    """The text of each column of each of these rows, with the labels of its row."""
    some = examples.some(np.asarray(rows, np.int64))
    return [text or "" for column in some.texts for text in column], np.tile(some.truth, (len(some.texts), 1))
