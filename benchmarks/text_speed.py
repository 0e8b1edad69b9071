"""Speed of a served tagger beside the Hugging Face pipeline, with the same weights in the same run.

    python benchmarks/text_speed.py --sentences 600        # ../shared/data must be there

The weights are those of MiniLM with a head of chance: what is measured is time, not quality. Ratios are to the pipeline as it is called
without settings, and to one that is given batches of 32.
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

from mainspring.model import SPANS_ANSWER, ModelCard, Question
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=600)
    asked = parser.parse_args()
    text = "\n".join(tagged("conll2003", "eng.testb")["text"].to_pylist())
    sentences = text.split("\n")[: asked.sentences]
    transformers.utils.logging.set_verbosity_error()
    torch.manual_seed(0)
    source = folder_of(ENGLISH)
    network = transformers.AutoModelForTokenClassification.from_pretrained(
        source, num_labels=len(TAGS), dtype=torch.float32
    ).eval()
    pipeline = transformers.pipeline(
        "token-classification", model=network, tokenizer=transformers.AutoTokenizer.from_pretrained(source)
    )
    plain = rate(pipeline, sentences)
    batched = rate(lambda some: pipeline(some, batch_size=32), sentences)
    alone = single(pipeline, sentences)
    for name, characters in itertools.product(("fp32", "int8"), (False, True)):
        with tempfile.TemporaryDirectory() as folder:
            model = served(network, Path(folder), small=name == "int8", characters=characters)
            ours = rate(lambda some, m=model: m.predict(pa.table({"text": some})), sentences)
            one = single(lambda sentence, m=model: m.predict_one({"text": sentence}), sentences)
        print(json.dumps({
            "served": name, "characters": characters, "sentences/s": round(ours), "pipeline": round(plain),
            "pipeline, batches": round(batched),
            "ratio": round(ours / plain, 2), "ratio to batches": round(ours / batched, 2), "p50 ms": round(one, 2),
            "pipeline p50 ms": round(alone, 2), "ratio of p50": round(alone / one, 2),
        }), flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
