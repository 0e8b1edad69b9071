"""Speed of a served tagger and of a served classifier beside the Hugging Face pipelines, with the same weights in the same run.

    python benchmarks/text_speed.py --sentences 600        # ../shared/data must be there; --only tagger or classifier

The weights are those of MiniLM with a head of chance: what is measured is time, not quality. Ratios are to the pipeline as it is called
without settings, and to one that is given batches of 32. No sentence comes twice, and none is remembered from one measurement to the next.
"""

import argparse
import itertools
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
import transformers

import machine
from mainspring.model import SPANS_ANSWER, ModelCard, Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.text.encoded.fit import EncoderLinear
from mainspring.steps.learn.text.encoded.model import EncodedModel
from mainspring.steps.learn.text.encoder.drawing import CHARACTER_VECTORS, CHARACTERS_MADE, LOOK_VECTORS
from mainspring.steps.learn.text.encoder.places import ENGLISH, folder_of
from mainspring.steps.learn.text.encoder.small import quantised
from mainspring.steps.learn.text.encoder.weights import Shape, plainly_named
from mainspring.steps.learn.text.tagging.graph import write_graph
from mainspring.steps.learn.text.tagging.model import BY_SHAPE, GRAPH, WORD_FEATURES, Settings, TaggerModel
from mainspring.steps.learn.text.tagging.words.characters import VECTORS
from mainspring.steps.learn.text.tagging.words.looks import LOOKS
from mainspring.steps.learn.text.tuning.network import SPELLED
from text_ner import tagged

TAGS = ("O", *(f"{mark}-{label}" for label in ("LOC", "MISC", "ORG", "PER") for mark in "BI"))


def served(network: Any, folder: Path, *, small: bool, characters: bool) -> TaggerModel:
    """The same weights as a graph; looks are nothing, and what is made of ``characters``."""
    source = folder_of(ENGLISH)
    shape = Shape.of(source)
    state = {name: tensor.detach().numpy() for name, tensor in network.state_dict().items()}
    head = {"head.weight": state["classifier.weight"], "head.bias": state["classifier.bias"]}
    if characters:
        head[CHARACTER_VECTORS] = np.zeros((VECTORS, SPELLED), np.float32)
        head[CHARACTERS_MADE] = np.zeros((shape.width, SPELLED), np.float32)
    graph = folder / (f"whole-{GRAPH}" if small else GRAPH)
    write_graph(
        {**plainly_named(state), LOOK_VECTORS: np.zeros((LOOKS, shape.width), np.float32), **head}, shape, graph
    )
    if small:
        quantised(graph, folder / GRAPH)
    (folder / "tokenizer.json").write_bytes((source / "tokenizer.json").read_bytes())
    card = ModelCard("tagger", Question.SPANS, "spans", pa.schema([("text", pa.string())]), SPANS_ANSWER)
    return TaggerModel(
        card, folder, Settings(TAGS, "text", 160, word_features=WORD_FEATURES if characters else (BY_SHAPE,))
    )


def rate(ask: Callable[[list[str]], object], sentences: list[str]) -> float:
    """Sentences a second, the best of three."""
    ask(sentences[:32])
    return len(sentences) / min(_seconds(lambda: ask(sentences)) for _ in range(3))


def single(ask: Callable[[str], object], sentences: list[str]) -> float:
    """Milliseconds a sentence, the median."""
    for sentence in sentences[:10]:
        ask(sentence)
    return 1000 * float(np.median([_seconds(lambda s=sentence: ask(s)) for sentence in sentences[:200]]))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def classifier(precision: str) -> EncodedModel:
    """A line over the vectors of the encoder, of four classes that nothing tells."""
    words = ("shares", "match", "minister", "weather")
    table = pa.table({
        "text": [f"{word} number {n}" for n in range(15) for word in words],
        "label": [word for _ in range(15) for word in words],
    })  # fmt: skip
    goal = Goal(Question.CLASS, "label", "log_loss", words)
    learner = EncoderLinear(settings={"encoder": ENGLISH, "precision": precision})
    return learner.fit(table, None, goal, Budget(time.monotonic() + 60.0))


def forgetful(model: EncodedModel, ask: Callable[[Any], object]) -> Callable[[Any], object]:
    """Asks what a text that was met before is, as if it had not been."""

    def asked(some: Any) -> object:
        model.vectors._known.clear()
        return ask(some)

    return asked


def told(ours: tuple[float, float], theirs: tuple[float, float, float], **what: object) -> None:
    """A line of JSON. ``ours`` are sentences a second and milliseconds a sentence, ``theirs`` also those a second in batches."""
    plain, batched, alone = theirs
    print(json.dumps({
        **what, "sentences/s": round(ours[0]), "pipeline": round(plain), "pipeline, batches": round(batched),
        "ratio": round(ours[0] / plain, 2), "ratio to batches": round(ours[0] / batched, 2), "p50 ms": round(ours[1], 2),
        "pipeline p50 ms": round(alone, 2), "ratio of p50": round(alone / ours[1], 2),
    }), flush=True)  # fmt: skip


def timed(pipeline: Any, sentences: list[str]) -> tuple[float, float, float]:
    """Sentences a second as it is called without settings, in batches of 32, and milliseconds a sentence."""
    batched = rate(lambda some: pipeline(some, batch_size=32), sentences)
    return rate(pipeline, sentences), batched, single(pipeline, sentences)


def taggers(sentences: list[str]) -> None:
    source = folder_of(ENGLISH)
    network = transformers.AutoModelForTokenClassification.from_pretrained(
        source, num_labels=len(TAGS), dtype=torch.float32
    ).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(source)
    theirs = timed(transformers.pipeline("token-classification", model=network, tokenizer=tokenizer), sentences)
    for name, characters in itertools.product(("fp32", "int8"), (False, True)):
        with tempfile.TemporaryDirectory() as folder:
            model = served(network, Path(folder), small=name == "int8", characters=characters)
            ours = rate(lambda some, m=model: m.predict(pa.table({"text": some})), sentences)
            one = single(lambda sentence, m=model: m.predict_one({"text": sentence}), sentences)
        told((ours, one), theirs, served="tagger", precision=name, characters=characters)


def classifiers(sentences: list[str]) -> None:
    source = folder_of(ENGLISH)
    network = transformers.AutoModelForSequenceClassification.from_pretrained(
        source, num_labels=4, dtype=torch.float32
    ).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(source)
    theirs = timed(transformers.pipeline("text-classification", model=network, tokenizer=tokenizer), sentences)
    for name in ("fp32", "int8"):
        model = classifier(name)
        ours = rate(forgetful(model, lambda some, m=model: m.predict(pa.table({"text": some}))), sentences)
        one = single(forgetful(model, lambda sentence, m=model: m.predict_one({"text": sentence})), sentences)
        told((ours, one), theirs, served="classifier", precision=name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=600)
    parser.add_argument("--only", choices=["tagger", "classifier"])
    asked = parser.parse_args()
    text = "\n".join(tagged("conll2003", "eng.testb")["text"].to_pylist())
    sentences = list(dict.fromkeys(line for line in text.split("\n") if line.strip()))[: asked.sentences]
    transformers.utils.logging.set_verbosity_error()
    torch.manual_seed(0)
    print(machine.line("mainspring", "torch", "transformers", "onnxruntime"))
    if asked.only != "classifier":
        taggers(sentences)
    if asked.only != "tagger":
        classifiers(sentences)


if __name__ == "__main__":
    main()
