"""Said: what the system composed and the report shows, in both languages."""

from mainspring.measure.metrics import METRICS
from mainspring.steps.learn.report.markup import Html, both, short, text
from mainspring.steps.learn.report.sentences.cleaned import CLEANED
from mainspring.steps.learn.report.sentences.facts import FACTS
from mainspring.steps.learn.report.sentences.left_out import LEFT_OUT
from mainspring.steps.learn.report.sentences.noted import NOTED
from mainspring.steps.learn.report.sentences.template import Sentences
from mainspring.steps.learn.report.words import TERMS

MEASURES = {told: TERMS[name][1] for name, metric in METRICS.items() if name in TERMS for told in (name, metric.title)}
COMPOSED = {**MEASURES, **LEFT_OUT, **FACTS, **CLEANED, **NOTED}
SAID = Sentences(COMPOSED)


def sentence(english: object, longest: int) -> Html:
    """What no template is of stays as it is."""
    chinese = SAID.chinese(str(english))
    return (
        text(short(english, longest))
        if chinese == english
        else both(text(short(english, longest)), text(short(chinese, longest)))
    )
