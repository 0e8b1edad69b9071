"""Sentences: what the system itself composed and kept in English, by template."""

from mainspring.faces.portal.words.changed import CHANGED
from mainspring.faces.portal.words.decided import DECIDED
from mainspring.faces.portal.words.steps import STEPS
from mainspring.faces.portal.words.watched import WATCHED
from mainspring.steps.learn.report.sentences.said import COMPOSED
from mainspring.steps.learn.report.sentences.template import Sentences

SENTENCES = Sentences({**COMPOSED, **DECIDED, **WATCHED, **CHANGED, **STEPS})
