"""Loading: the learners' libraries take a second or two to load, aside, while the data is collected."""

from concurrent.futures import Executor

from mainspring.automation import Automation
from mainspring.model import Question
from mainspring.steps.learn.portfolio import modules_of
from mainspring.steps.learn.terms import LoadsBefore


def load_learners(automation: Automation, engine: Executor) -> None:
    """Workers that begin from now on come with what the automation's candidates are likely to need; nothing is waited for."""
    declared = automation.learn
    searched = declared is not None and declared.question not in (Question.SPANS, Question.LABELS)
    if declared is not None and searched and isinstance(engine, LoadsBefore):
        engine.load(sorted(modules_of(declared.candidates)))
