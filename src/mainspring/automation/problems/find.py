"""Find: every problem between the parts of a declaration."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from mainspring.automation.act import Act
from mainspring.automation.decide import Decide
from mainspring.automation.learn import Learn
from mainspring.automation.prepare import Prepare
from mainspring.automation.problems.acting import acting, columns_of
from mainspring.automation.problems.found import Found
from mainspring.automation.problems.learning import learning
from mainspring.automation.problems.protecting import protecting
from mainspring.automation.problems.watching import watching
from mainspring.automation.problems.windowing import windowing
from mainspring.automation.source import Source
from mainspring.automation.watch import Watch


class Parts(Protocol):
    """The parts of an automation."""

    @property
    def source(self) -> Source: ...
    @property
    def prepare(self) -> Prepare: ...
    @property
    def learn(self) -> Learn | None: ...
    @property
    def decide(self) -> Decide | None: ...
    @property
    def act(self) -> Mapping[str, Act]: ...
    @property
    def watch(self) -> Watch: ...


def problems(parts: Parts) -> Iterator[Found]:
    """What cannot be right, each with where it is and what to do."""
    if parts.learn is None and not (parts.decide and parts.decide.rules):
        yield ("learn",), "nothing decides", "declare 'learn', or 'decide' with rules"
    if parts.learn is not None:
        yield from learning(parts.source, parts.prepare, parts.learn, parts.decide)
    yield from protecting(parts.source, parts.prepare, parts.learn, spoken_of(parts))
    yield from windowing(parts.source, parts.prepare, parts.learn)
    yield from acting(parts.learn, parts.decide, parts.act)
    yield from watching(parts.decide, parts.watch)


def spoken_of(parts: Parts) -> frozenset[str]:
    """The columns that rules speak of."""
    rules = parts.decide.rules if parts.decide else ()
    return frozenset[str]().union(*(columns_of(rule, parts.learn) for rule in rules))
