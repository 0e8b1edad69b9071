"""Train: the order of a learning run, from the declaration to a registered version and its report."""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from mainspring.automation import Automation
from mainspring.automation.check import refuse_problems
from mainspring.automation.forms import fingerprint
from mainspring.backends.flows.flows import Body, Steps, Task
from mainspring.backends.opening import Backends, open_trackers
from mainspring.backends.trackers.tracker import TrackedRun, Tracker
from mainspring.errors import MainspringError, SpecError
from mainspring.model import Question
from mainspring.run.desk import declared_now
from mainspring.run.flow import CODE_VERSION, Flow, Result, give_up
from mainspring.run.place import run_folder, surroundings
from mainspring.run.progress import RunProgress
from mainspring.run.result import RunResult
from mainspring.run.start import Start
from mainspring.run.train import prepare
from mainspring.run.train.alone.kinds import Alone, alone_of
from mainspring.run.train.alone.testing import test_alone
from mainspring.run.train.collect import collect
from mainspring.run.train.evaluate import test
from mainspring.run.train.learn import learn
from mainspring.run.train.planning.loading import load_learners
from mainspring.run.train.planning.plan import plan, told
from mainspring.run.train.register import register
from mainspring.run.train.repeat import repeat, spread
from mainspring.run.train.report import report, summary
from mainspring.run.train.track import failed, finished, track
from mainspring.run.triggers.feeds import refuse_runaway
from mainspring.steps.decide.policy import policy_of
from mainspring.steps.learn.evaluation.alarms import sentence
from mainspring.steps.learn.portfolio import refuse_unknown
from mainspring.steps.learn.trial.clocked import clock_note
from mainspring.steps.source.reader import Surroundings

KIND = "run"
SHOWN = {
    Question.CLASS: ("roc_auc", "log_loss"),
    Question.NUMBER: ("rmse", "r2"),
    Question.SPANS: ("entity_f1",),
    Question.LABELS: ("micro_f1",),
}
"""What of an evaluation is told at once."""
PROTECTED = {
    "pseudonymise": "pseudonymised", "mask": "masked", "generalise": "generalised", "hash": "hashed", "encrypt": "encrypted",
    "drop": "dropped",
}  # fmt: skip


def train(
    automation: Automation, backends: Backends, around: Surroundings, progress: RunProgress, start: Start
) -> RunResult:
    """Run an automation from its source to its report; an unfinished run of the same declaration goes on where it was.

    Raises:
        SpecError: a candidate is unknown, or ``start`` asks for what is not there.
        Cancelled: someone cancelled it meanwhile.
        MainspringError: of the step that failed; the run can be resumed once the cause is mended.
    """
    open_trackers(backends.settings)  # what is not installed is missed before the work, not after it
    task = begin(automation, backends, around.folder, start)
    return RunResult.of(backends.flows.open().carry_out(task, carrier(backends, progress)))


def begin(automation: Automation, backends: Backends, folder: Path, start: Start, run: str = "") -> Task:
    """The run to be carried out: the unfinished one of the same declaration, or a new one, which gets the id ``run`` if one is told.

    Raises:
        SpecError: a candidate is unknown, or ``start`` asks for what is not there. Busy: another process runs it.
    """
    automation = start.applied(automation)
    if automation.learn is not None:
        refuse_unknown(automation.learn.candidates)
    with backends.runs.alone(automation.name):
        facts = {"declaration": automation.model_dump(mode="json", by_alias=True), "folder": str(folder)}
        mark = f"{fingerprint(automation)}:{CODE_VERSION}"
        if start.resume and backends.runs.unfinished(automation.name, mark) is None:
            raise SpecError(
                f"there is no interrupted run of {automation.name!r} as it is declared now, with this budget and these candidates",
                where="resume", remedy="leave it out, and a run is started",
            )  # fmt: skip
        begun = backends.runs.start(automation.name, mark, facts=facts, fresh=start.fresh, new_id=run)
    return Task(begun.id, KIND, automation.name, {**facts, "fresh": start.fresh})


def carrier(backends: Backends, progress: RunProgress) -> Body:
    """Carries out runs that were begun, in this process or another."""
    return lambda steps, task: _carried_out(backends, progress, steps, task)


def _carried_out(backends: Backends, progress: RunProgress, steps: Steps, task: Task) -> Result:
    automation = Automation.model_validate(task.arguments["declaration"])
    around = surroundings(backends, Path(task.arguments["folder"]))
    trackers = open_trackers(backends.settings)
    backends.runs.go_on(task.run)
    training = _Training(automation, backends, around, Flow(steps, progress), fresh=bool(task.arguments["fresh"]))
    began = time.monotonic()
    try:
        result = training.go()
    except MainspringError as error:
        give_up(backends.runs, task.run, error)
        seconds = time.monotonic() - began
        _track(trackers, partial(failed, automation, task.run, training.results, seconds, error), progress)
        raise
    backends.runs.finish(task.run)
    seconds = time.monotonic() - began
    warnings = _track(trackers, lambda: finished(automation, backends, task.run, training.results, seconds), progress)
    shutil.rmtree(run_folder(backends, task.run), ignore_errors=True)
    return replace(result, notes=(*result.notes, *warnings)).to_dict()


def _track(trackers: Mapping[str, Tracker], run: Callable[[], TrackedRun], progress: RunProgress) -> list[str]:
    """What did not work, in a line each."""
    if not trackers:
        return []
    progress.step("track", ", ".join(trackers))
    warnings = track(trackers, run())
    progress.done("track", "; ".join(warnings) or f"kept by {', '.join(trackers)}")
    return warnings


class _Training:
    """The steps in their order, each seeing the results of those before it."""

    def __init__(
        self, automation: Automation, backends: Backends, around: Surroundings, flow: Flow, *, fresh: bool
    ) -> None:
        self._automation, self._backends, self._around, self._flow = automation, backends, around, flow
        self._fresh = fresh
        self._folder = run_folder(backends, flow.run_id)
        self.results: dict[str, Result] = {}

    def go(self) -> RunResult:
        self._folder.mkdir(parents=True, exist_ok=True)
        a, b, flow, r = self._automation, self._backends, self._flow, self.results
        r["check"] = flow.step(
            "check", "the declaration", self._check, lambda _: "nothing is wrong with the declaration"
        )
        if not any(done.step == "learn" and not done.error for done in flow.steps.finished()):
            load_learners(a, b.engine)
        r["collect"] = flow.step(
            "collect", str(a.source.table or a.source.sql),
            lambda: collect(a, b, self._around, flow.run_id, fresh=self._fresh), self._told_collected,
        )  # fmt: skip
        r["clean"] = flow.step("clean", "types, missing marks, duplicates; test rows apart",
                               lambda: prepare.clean(a, b.lake, r["collect"], flow.run_id), _told_cleaned)  # fmt: skip
        r["expect"] = flow.step("expect", "what the rows must look like",
                                lambda: prepare.expect(a, b.lake, r["clean"], flow.run_id), _told_expected)  # fmt: skip
        if a.learn is None:
            return self._rules_alone()
        alone = self._alone
        r["plan"] = flow.step(
            "plan", "what learning is going to take",
            lambda: plan(a, b, r["clean"], r["expect"]) if alone is None else alone.plan(a), told,
        )  # fmt: skip
        r["learn"] = flow.step("learn", "features, candidates, blend" if alone is None else alone.what,
                               self._learned, _told_learned)  # fmt: skip
        r["evaluate"] = flow.step("evaluate", "on rows that no choice has seen", self._tested, self._told_tested)
        self._repeat()
        r["register"] = flow.step("register", "the version",
                                  lambda: register(a, b, flow.run_id, r, self._folder), _told_registered)  # fmt: skip
        r["report"] = flow.step("report", "for people", lambda: report(a, b, flow, r), lambda x: x["path"])
        return self._result()

    @property
    def _alone(self) -> Alone | None:
        return None if self._automation.learn is None else alone_of(self._automation.learn.question)

    def _learned(self) -> Result:
        prepared = (self.results["clean"], self.results["expect"])
        how = learn if self._alone is None else self._alone.learn
        return how(self._automation, self._backends, prepared, self._folder, self._flow.progress)

    def _tested(self) -> Result:
        a, b, r = self._automation, self._backends, self.results
        if self._alone is None:
            return test(a, b, r["clean"], r["expect"], r["learn"], self._folder)
        prepared, private = (r["clean"], r["expect"]), bool(a.prepare.protect)
        return test_alone(a.name, b, prepared, r["learn"], self._folder, private=private)

    def _repeat(self) -> None:
        a, b, flow, r = self._automation, self._backends, self._flow, self.results
        turns = range(1, a.learn.repeats if a.learn is not None else 1)
        others = [
            flow.step(f"repeat {turn + 1}", "another split", lambda t=turn: repeat(a, b, r["collect"], t, self._folder, flow.progress),
                      _told_repeated)
            for turn in turns
        ]  # fmt: skip
        if others:
            evaluation = r["evaluate"]["evaluation"]
            repeats = spread(evaluation, r["learn"], r["clean"]["goal"]["metric"], others)
            r["evaluate"] = {**r["evaluate"], "evaluation": {**evaluation, "repeats": repeats}}

    def _check(self) -> Result:
        refuse_problems(self._automation)
        refuse_runaway(self._automation, declared_now(self._backends))
        return {}

    def _rules_alone(self) -> RunResult:
        a = self._automation
        policy = policy_of(a.decide, list(a.act), question=None)
        rules = {"version": None, "champion": True, "policy": policy.to_dict(), "plan": self.results["clean"]["plan"]}
        self.results["register"] = self._flow.step(
            "register", "the rules",
            lambda: self._backends.runs.keep(self._flow.run_id, "register", rules),
            lambda _: "the rules decide from now on",
        )  # fmt: skip
        return self._result()

    def _counts(self) -> dict[str, int]:
        collected, cleaned, expected = (self.results[step] for step in ("collect", "clean", "expect"))
        return {
            "rows": collected["rows"], "duplicates": cleaned["duplicates"], "unlabelled": cleaned["unlabelled"],
            "quarantined": expected["quarantined"], "train": expected["train"], "test": expected["test"],
        }  # fmt: skip

    def _result(self) -> RunResult:
        registered, tested = self.results["register"], self.results.get("evaluate")
        evaluation: Result = tested["evaluation"] if tested else {"metrics": {}}
        metrics: dict[str, float] = {name: entry["value"] for name, entry in evaluation["metrics"].items()}
        path = self.results["report"]["path"] if "report" in self.results else None
        alarmed = [sentence(alarm) for alarm in evaluation.get("alarms") or ()]
        notes = (
            *self._told_of_the_clock(),
            *alarmed,
            *self.results["collect"]["changes"],
            *self.results["clean"]["changes"],
        )
        return RunResult(
            self._automation.name, self._flow.run_id, registered["version"], registered["champion"], self._counts(), metrics,
            None if path is None else Path(path), summary(evaluation), notes, self._leaderboard(),
            self.results["report"]["plan"] if "report" in self.results else {},
        )  # fmt: skip

    def _told_of_the_clock(self) -> list[str]:
        learned = self.results.get("learn")
        if learned is None:
            return []
        clocked = learned["found"]["clocked"]
        return learned["found"]["notes"] if clocked is None else [clock_note(clocked, self._automation.name)]

    def _leaderboard(self) -> list[dict[str, Any]]:
        learned = self.results.get("learn")
        return [] if learned is None else learned["found"]["candidates"]

    def _told_collected(self, result: Result) -> str:
        protected = ", ".join(f"{column} {PROTECTED[how]}" for column, how in self._automation.prepare.protect.items())
        changes = f"; {'; '.join(result['changes'])}" if result["changes"] else ""
        return (
            f"{result['rows']:,} rows × {result['columns']} columns" + (f"; {protected}" if protected else "") + changes
        )

    def _told_tested(self, result: Result) -> str:
        evaluation = result["evaluation"]
        shown = SHOWN[Question(evaluation["question"])]
        parts = [
            f"{name} {m['value']:.4g} ({m['low']:.4g}–{m['high']:.4g})"
            for name in shown
            if (m := evaluation["metrics"].get(name))
        ]
        return f"{evaluation['rows']:,} rows: " + ", ".join(parts)


def _told_cleaned(result: Result) -> str:
    parts = [f"{result['rows']:,} rows"]
    if result["duplicates"]:
        parts.append(f"{result['duplicates']:,} duplicates dropped")
    if result["unlabelled"]:
        parts.append(f"{result['unlabelled']:,} without a target left out")
    return "; ".join([*parts, f"{len(result['changes'])} remarks" if result["changes"] else "nothing to clean"])


def _told_expected(result: Result) -> str:
    parts = f"; {result['train']:,} to learn from, {result['test']:,} to test on" if result["train"] else ""
    return f"{result['kept']:,} rows kept, {result['quarantined']:,} in quarantine{parts}"


def _told_learned(result: Result) -> str:
    members = [f"{c['name']} {c['weight']:.0%}" for c in result["found"]["candidates"] if c["weight"] > 0]
    tried = sum(c["why_not"] is None for c in result["found"]["candidates"])
    return f"{tried} candidates tried; chosen: {', '.join(members)}"


def _told_repeated(result: Result) -> str:
    return (
        f"{result['metric']} {result['value']:.4g} on {result['rows']:,} rows; chosen: {', '.join(result['members'])}"
    )


def _told_registered(result: Result) -> str:
    role = "decides from now on" if result["champion"] else "does not decide"
    return f"version {result['version']} {role} ({result['why']})"
