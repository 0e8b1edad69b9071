"""Order: which learner goes on to which fold next.

One fold tells the good from the bad; more is spent on those that a blend would take. So the portfolio goes through its first
fold in waves, those of a kind that did well so far first. While it is early, wave follows wave; later, of the promising of all
waves those that were hurried learn the first fold again, with more time, and then they go through the other folds, before any
further candidate begins. What time is left is for candidates drawn near the best. Whoever would otherwise wait for a slow first fold
begins the second beside it.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence, Set

from mainspring.steps.learn.blend.select import Room, select
from mainspring.steps.learn.portfolio import READERS, kind_of
from mainspring.steps.learn.trial.attempt import Try
from mainspring.steps.learn.trial.drawing.draws import Draws
from mainspring.steps.learn.trial.drawing.race import Job, Race
from mainspring.steps.learn.trial.judge import Judge

WAVE = 6
"""Learners a wave: as many as a blend may want to choose among."""
AMONG = 2
"""So many of the first wave may be of those that read texts; further ones come besides, so that who reads numbers does not wait."""
BEST = 3
"""So many of the best by themselves are promising, whatever a blend would take."""
CONTENDERS = 9
"""So many of the best go through all folds before further ones are drawn near them, and of twice as many the best of each kind: a blend
wants candidates that err differently."""


class Order:
    """Hands out (learner, fold) pairs, each once; :meth:`back` takes back what could not be done."""

    def __init__(
        self, tries: list[Try], judge: Judge, draws: Draws | None = None, early: Callable[[], bool] = lambda: False
    ) -> None:
        self._early = early
        self._tries, self._judge, self._scout = tries, judge, judge.first(1)
        self._first = [t for t in tries if t.parent is None]
        self._race = None if draws is None else Race(tries, judge, draws, self._is_begun)
        self._returned: deque[Job] = deque()
        self._slow: deque[Job] = deque()
        self._begun: set[tuple[str, int]] = {(t.learner.name, fold) for t in tries for fold in t.results}
        self._longer: set[str] = set()
        readers = sum(kind_of(t.learner.name) in READERS for t in self._first)
        self._wave = self._first_wave = min(WAVE + max(0, readers - AMONG), len(self._first))
        self._values: dict[str, float] = {}
        self._answers_known: Set[str] = frozenset()
        self._promising: list[Try] = []
        self._chosen: list[Try] = []

    @property
    def left(self) -> int:
        """How many pairs are still to be handed out, were there time for all."""
        open_ = [t for t in self._first if t.why_not is None]
        fresh = sum(not self._is_begun(t, fold) for t in open_ for fold in range(self._judge.folds))
        return fresh + len(self._returned) + len(self._slow)

    @property
    def chosen(self) -> Sequence[Try]:
        """Those of the portfolio that a blend would take, as far as the first fold tells."""
        return self._chosen

    @property
    def scouting(self) -> int:
        """How many of this wave have not begun."""
        return len(self._scouts())

    def lacking(self, fold: int) -> int:
        """How many of the promising have not begun a fold."""
        return sum(t.why_not is None and not self._is_begun(t, fold) for t in self._promising)

    def draw_no_more(self) -> None:
        if self._race is not None:
            self._race.stop()

    def draw_again(self) -> None:
        if self._race is not None:
            self._race.go_on()

    def back(self, job: Job) -> None:
        self._returned.append(job)

    def after_scouts(self, job: Job) -> None:
        """Takes back what took too long, to be begun again once the others of its wave have begun."""
        self._slow.append(job)

    def take(self) -> Job | None:
        while self._returned:
            job = self._returned.popleft()
            if job[0].why_not is None:
                return job
        found = self._next()
        if found is not None:
            self._begun.add((found[0].learner.name, found[1]))
        return found

    def _next(self) -> Job | None:
        scouts, early = self._scouts(), self._early()
        if scouts and (early or self._wave <= self._first_wave):
            return scouts[0], 0
        if self._slow:
            return self._slow.popleft()
        if self._wave < len(self._first) and early:
            self._widen()
            return self._next()
        ranked = self._ranked()
        hurried = [
            t
            for t in self._promising
            if t.why_not is None and t.results[0].hurried and t.learner.name not in self._longer
        ]
        if hurried:
            self._longer.add(hurried[0].learner.name)
            return hurried[0], 0
        if found := self._deeper(self._promising):
            return found
        if scouts:
            return scouts[0], 0
        if self._wave < len(self._first):
            self._widen()
            return self._next()
        further = self._deeper(_contenders(ranked)) or (self._race and self._race.next()) or self._deeper(ranked)
        return further or self._ahead()

    def _widen(self) -> None:
        """The next wave: a kind's place is that of its best so far, and one later for each of it that came before."""
        ranked = [kind_of(t.learner.name) for t in self._ranked()]
        best = {kind: place for place, kind in enumerate(dict.fromkeys(ranked))}
        seen = Counter(kind_of(t.learner.name) for t in self._first[: self._wave])
        waiting: list[tuple[int, int, Try]] = []
        for place, attempt in enumerate(self._first[self._wave :]):
            kind = kind_of(attempt.learner.name)
            waiting.append((best.get(kind, len(best) // 2) + seen[kind], place, attempt))
            seen[kind] += 1
        self._first[self._wave :] = [attempt for _, _, attempt in sorted(waiting, key=lambda entry: entry[:2])]
        self._wave = min(self._wave + WAVE, len(self._first))

    def _scouts(self) -> list[Try]:
        return [t for t in self._first[: self._wave] if t.why_not is None and not self._is_begun(t, 0)]

    def _deeper(self, tries: Sequence[Try]) -> Job | None:
        for fold in range(1, self._judge.folds):
            for attempt in tries:
                if attempt.why_not is None and not self._is_begun(attempt, fold):
                    return attempt, fold
        return None

    def _ahead(self) -> Job | None:
        """The second fold of one that is at its first."""
        at_first = [t for t in self._first if t.why_not is None and not t.results and self._is_begun(t, 0)]
        waiting = [t for t in at_first if self._judge.folds > 1 and not self._is_begun(t, 1)]
        return (waiting[0], 1) if waiting else None

    def _ranked(self) -> list[Try]:
        """Those of the portfolio with a first fold, the promising first, then by how good they are alone."""
        known = {t.learner.name: t for t in self._first if t.why_not is None and 0 in t.results}
        if known.keys() != self._answers_known and known:
            self._answers_known = known.keys()
            answers = {name: self._scout.answers(t.results) for name, t in known.items()}
            self._values = {name: self._scout.of(answer) for name, answer in answers.items()}
            order = sorted(known, key=lambda name: -self._values[name])
            chosen = select(answers, self._scout.surer, Room({name: t.latency_ms["p95"] for name, t in known.items()}))
            self._chosen = [known[name] for name in chosen]
            wanted = {*chosen, *order[:BEST]}
            self._promising = [known[name] for name in order if name in wanted]
        return sorted(known.values(), key=lambda t: -self._values[t.learner.name])

    def _is_begun(self, attempt: Try, fold: int) -> bool:
        return (attempt.learner.name, fold) in self._begun


def _contenders(ranked: Sequence[Try]) -> list[Try]:
    kinds = {kind_of(t.learner.name): t for t in reversed(ranked[: 2 * CONTENDERS])}
    return [*ranked[:CONTENDERS], *(t for t in kinds.values() if t not in ranked[:CONTENDERS])]
