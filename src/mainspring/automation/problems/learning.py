"""Learning: whether what is to be learned can be asked, judged and split so."""

from collections.abc import Iterator

from mainspring.automation.decide import Decide
from mainspring.automation.learn import Learn
from mainspring.automation.prepare import Prepare
from mainspring.automation.problems.found import Found
from mainspring.automation.source import Source
from mainspring.model import Question

ALONE = {Question.SPANS: ("entity_f1", "a tagger"), Question.LABELS: ("micro_f1", "a model of several labels")}
"""Questions that are learned without a search: what judges them, and what learns them."""
TUNED = ("encoder_tuned", "encoder_tuned_multilingual", "encoder_lora", "encoder_adalora", "encoder_bottleneck")
"""Candidates that train an encoder on."""
NUMBER_METRICS = frozenset({"rmse", "mae", "r2", "mape"})


def learning(source: Source, prepare: Prepare, learn: Learn, decide: Decide | None) -> Iterator[Found]:
    yield from _target(source, learn)
    yield from _split(source, learn)
    yield from _question(learn, decide)
    yield from _pair(source, learn, prepare)
    yield from _labels(source, learn, prepare)
    yield from _ahead(learn)
    if learn.word_features is not None and learn.question != Question.SPANS:
        yield ("learn", "word_features"), "only a tagger looks at words so", "take it off, or write question: spans"


def _target(source: Source, learn: Learn) -> Iterator[Found]:
    if not learn.target.strip():
        yield ("learn", "target"), "is empty", "name the column to predict"
    if learn.target == source.key:
        yield ("learn", "target"), "the target is the key", "name the column to predict"
    if learn.target == learn.weight:
        yield ("learn", "weight"), "the target is the weight", "name the column that says how much a row counts"
    if learn.target in learn.exclude:
        yield ("learn", "exclude"), f"the target {learn.target!r} is excluded", "take it off the list"


def _split(source: Source, learn: Learn) -> Iterator[Found]:
    split = learn.split
    if split.by == "time" and not (split.column or source.time):
        yield ("learn", "split"), "a split by time needs a column", "give split.column or source.time"
    if split.by == "group" and not (split.column or source.key):
        yield ("learn", "split"), "a split by group needs a column", "give split.column or source.key"
    if split.column is not None and split.column == learn.target:
        yield ("learn", "split", "column"), "rows cannot be split by the target", "name another column"


def _ahead(learn: Learn) -> Iterator[Found]:
    """What is done before an encoder is tuned."""
    for name, how in (("adapt", "reads on in no texts before"), ("teacher", "has no teacher")):
        if not getattr(learn, name):
            continue
        if learn.question is not None and learn.question in ALONE:
            yield ("learn", name), f"{ALONE[learn.question][1]} {how}", "take it off"
        elif not set(learn.candidates) & set(TUNED):
            yield ("learn", name), "no candidate tunes an encoder", "name one: candidates: [encoder_tuned]"
    if learn.teacher is not None and learn.teacher == learn.encoder:
        yield ("learn", "teacher"), "the encoder cannot teach itself", "name a larger one, or take it off"


def _pair(source: Source, learn: Learn, prepare: Prepare) -> Iterator[Found]:
    if learn.pair is None:
        return
    where = ("learn", "pair")
    if learn.question == Question.SPANS:
        yield where, "spans are found in one text", "take it off"
    if learn.question == Question.LABELS:
        yield where, "labels are told of each text by itself", "take it off"
    if learn.pair[0] == learn.pair[1]:
        yield where, f"names {learn.pair[0]!r} twice", "name the two columns that are read together"
    others = {learn.target: "the target", source.key: "the key", source.time: "the time", learn.weight: "the weight"}
    for name in dict.fromkeys(learn.pair):
        if not name.strip():
            yield where, "names a column without a name", "name the two columns that are read together"
        elif name in others:
            yield where, f"{name!r} is {others[name]}, and no text to read", "name another column"
        elif name in learn.exclude:
            yield where, f"{name!r} is excluded", "take it off one of the lists"
        elif prepare.protect.get(name) == "drop":
            yield (
                ("prepare", "protect", name),
                f"{name!r} is one of a pair of texts, and dropped",
                "keep it, or mask it",
            )
        elif prepare.types.get(name, "text") != "text":
            yield ("prepare", "types", name), f"{name!r} is one of a pair of texts", "write text, or take it off"
    if learn.limits.runtime == "onnx" or learn.limits.interpretable:
        key = "interpretable" if learn.limits.interpretable else "runtime"
        yield ("learn", "limits", key), f"nothing that reads a pair of texts keeps {key!r}", "take it off"


def _labels(source: Source, learn: Learn, prepare: Prepare) -> Iterator[Found]:
    """Columns that are labels."""
    where, others = (
        ("learn", "labels"),
        {source.key: "the key", source.time: "the time", learn.split.column: "what rows are split by"},
    )
    if learn.labels is None:
        return
    if learn.question != Question.LABELS:
        yield where, f"columns of labels say nothing of a {learn.question}", "write question: labels, or take them off"
    if learn.separator is not None:
        yield ("learn", "separator"), "nothing stands between labels in columns of their own", "take it off"
    if learn.target in learn.labels:
        told = f"the target {learn.target!r} is the name under which they are gathered"
        yield ("learn", "target"), told, "call it otherwise, or take the column off the list"
    for name in sorted({name for name in learn.labels if learn.labels.count(name) > 1}):
        yield where, f"names {name!r} twice", "name each column once"
    for name in dict.fromkeys(learn.labels):
        if name in others:
            yield where, f"{name!r} is {others[name]}, and no label", "take it off the list"
        elif name in learn.exclude:
            yield where, f"{name!r} is excluded", "take it off one of the lists"
        for key in ("protect", "expect", "types"):
            if name in getattr(prepare, key):
                yield ("prepare", key, name), f"{name!r} is a label, which is what is learned", "take it off"


def _alone(learn: Learn, decide: Decide | None, metric: str, what: str) -> Iterator[Found]:
    """Of a question that is learned without a search; ``what`` learns it."""
    if learn.optimise not in (None, metric):
        yield (
            ("learn", "optimise"),
            f"{learn.optimise!r} does not judge {learn.question}",
            f"leave it out, or write {metric}",
        )
    for key in ("positive", "weight", "coverage", *(("out_of_scope",) if learn.question == Question.LABELS else ())):
        if getattr(learn, key) is not None:
            yield ("learn", key), f"{key!r} says nothing of {learn.question}", "take it off"
    if learn.repeats > 1:
        yield ("learn", "repeats"), f"{what} is learned once", "take it off"
    if learn.limits.runtime == "onnx" or learn.limits.interpretable:
        key = "interpretable" if learn.limits.interpretable else "runtime"
        yield ("learn", "limits", key), f"{what} cannot keep {key!r}", "take it off"
    if (
        learn.question == Question.LABELS
        and decide is not None
        and decide.feedback is not None
        and decide.feedback.otherwise is not None
    ):
        yield ("decide", "feedback", "otherwise"), "'otherwise' says nothing of labels", "take it off"
    if decide is not None and (decide.gains is not None or decide.threshold is not None):
        key = "gains" if decide.gains is not None else "threshold"
        yield ("decide", key), f"'{key}' needs a question with classes", "write rules over 'prediction'"


def _question(learn: Learn, decide: Decide | None) -> Iterator[Found]:
    gains = decide.gains if decide else None
    if learn.optimise == "profit" and gains is None:
        yield ("learn", "optimise"), "'profit' needs gains", "declare decide.gains"
    if learn.separator is not None and learn.question != Question.LABELS:
        yield ("learn", "separator"), "a separator stands between labels", "write question: labels, or take it off"
    if learn.question is None:
        return
    if learn.question in ALONE:
        yield from _alone(learn, decide, *ALONE[learn.question])
        return
    is_number = learn.question == Question.NUMBER
    if is_number and learn.out_of_scope is not None:
        yield ("learn", "out_of_scope"), "a number has no classes to be out of", "take it off"
    if learn.optimise not in (None, "profit") and (learn.optimise in NUMBER_METRICS) != is_number:
        asked = f"{learn.optimise!r} does not judge a question for a {learn.question}"
        yield ("learn", "optimise"), asked, "choose another metric, or leave it out"
    if is_number and learn.positive is not None:
        yield ("learn", "positive"), "a number has no positive class", "take it off, or ask for a class"
    if is_number and gains is not None:
        yield ("decide", "gains"), "gains need a question with classes", "write rules over 'prediction'"
    if is_number and decide is not None and decide.threshold is not None:
        yield ("decide", "threshold"), "a threshold needs a question with classes", "write rules over 'prediction'"
