"""Sentences: what the system itself composed and kept in English, by template."""

from mainspring.faces.portal.words.changed import CHANGED
from mainspring.faces.portal.words.decided import DECIDED
from mainspring.faces.portal.words.watched import WATCHED
from mainspring.measure.metrics import METRICS
from mainspring.steps.learn.report.sentences.left_out import LEFT_OUT
from mainspring.steps.learn.report.sentences.template import Sentences
from mainspring.steps.learn.report.words import TERMS

MEASURES = {told: TERMS[name][1] for name, metric in METRICS.items() if name in TERMS for told in (name, metric.title)}

SENTENCES = Sentences({**MEASURES, **LEFT_OUT, **DECIDED, **WATCHED, **CHANGED})
