"""Order: an automation is learned anew, warm: from what is new, beginning with what did well before, and held against what decides."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mainspring.automation import Automation
from mainspring.automation.check import refuse_problems
from mainspring.automation.forms import fingerprint
from mainspring.backends.flows.flows import Body, Task
from mainspring.backends.opening import Backends
from mainspring.backends.store.registry import ModelVersion
from mainspring.errors import LearnError, MainspringError
from mainspring.model import Question, open_model
from mainspring.run.desk import Desk, open_desk
from mainspring.run.flow import CODE_VERSION, Flow, Result, give_up
from mainspring.run.kinds import KINDS
from mainspring.run.place import run_folder, source_folder, surroundings
from mainspring.run.progress import RunProgress
from mainspring.run.retrain.apart import Before, RecentApart
from mainspring.run.retrain.compare import Contender, compare, same_question
from mainspring.run.retrain.earlier import earlier_of
from mainspring.run.retrain.outcomes import joined
from mainspring.run.retrain.verdict import Carried, Verdict, verdict
from mainspring.run.retrain.window import SHARE, Asking, window
from mainspring.run.start import Start
from mainspring.run.train import prepare
from mainspring.run.train.alone.kinds import Alone, alone_of
from mainspring.run.train.alone.testing import test_alone
from mainspring.run.train.collect import collect
from mainspring.run.train.evaluate import test
from mainspring.run.train.learn import MODEL, learn
from mainspring.run.train.planning.plan import plan, told
from mainspring.run.train.record.rows import made_of, seen_by, subject_of
from mainspring.run.train.register import register
from mainspring.run.train.report import report
from mainspring.steps.decide.policy import Policy
from mainspring.steps.learn.portfolio import PORTFOLIO
from mainspring.steps.prepare.clean import CleaningPlan
from mainspring.steps.source.reader import Surroundings

KIND = "retrain"
USUAL = "lightgbm"


def retrain(
    backends: Backends, name: str, around: Surroundings, progress: RunProgress, *, budget: str | float | None = None, why: str = ""
) -> Result:  # fmt: skip
    """Learn the automation anew as its deciding version declares it; an interrupted retraining of the same goes on where it was.

    ``around.folder`` is used where the folder from which files are named is not known. ``why`` is kept with the run.

    Raises:
        NotFound: there is no such automation, or nothing was learned. SpecError: no such budget. Cancelled: someone cancelled it.
        Busy: another process runs this automation. MainspringError: of the step that failed; what can be resumed is.
    """
    task = begin(backends, name, around.folder, {"budget": budget, "why": why})
    return backends.flows.open().carry_out(task, carrier(backends, progress))


def begin(backends: Backends, name: str, folder: Path, asked: Mapping[str, Any], run: str = "") -> Task:
    """The retraining to be carried out: the unfinished one of the same, or a new one, which gets the id ``run`` if one is told.

    ``asked`` may have a ``budget``, and ``why``.
    """
    champion = backends.registry.get(name)
    if champion.card.question == Question.SPANS:
        raise LearnError("a tagger is not learned anew from outcomes, which say nothing of where spans stand", where=name,
                         remedy="add the texts with their spans to the source, and run it: mainspring run --fresh")  # fmt: skip
    automation = Automation.model_validate(champion.facts["declaration"])
    budgeted = Start(budget=asked.get("budget")).applied(automation)
    with backends.runs.alone(name):
        facts = {"declaration": automation.model_dump(mode="json", by_alias=True), "why": asked.get("why", "")}
        facts |= {"folder": str(source_folder(backends, name, folder)), "budget": asked.get("budget")}
        begun = backends.runs.start(name, f"{KIND}:{fingerprint(budgeted)}:{CODE_VERSION}", facts=facts, new_id=run)
    return Task(begun.id, KIND, name, facts)


def carrier(backends: Backends, progress: RunProgress) -> Body:
    """Carries out retrainings that were begun, in this process or another."""
    return lambda steps, task: _carried_out(backends, Flow(steps, progress), task)


def _carried_out(backends: Backends, flow: Flow, task: Task) -> Result:
    told = task.arguments
    automation = Automation.model_validate(told["declaration"])
    budgeted = Start(budget=told["budget"]).applied(automation)
    around = surroundings(backends, Path(told["folder"]))
    backends.runs.go_on(task.run)
    try:
        result = Retraining((automation, budgeted), backends, around, flow).go()
    except MainspringError as error:
        give_up(backends.runs, task.run, error)
        raise
    backends.runs.finish(task.run)
    shutil.rmtree(run_folder(backends, task.run), ignore_errors=True)
    return result


class Retraining:
    """The steps in their order, each seeing the results of those before it."""

    def __init__(
        self, declared: tuple[Automation, Automation], backends: Backends, around: Surroundings, flow: Flow
    ) -> None:
        """The automation as it is ``declared``, and the same with the time for this run."""
        self._automation, self._budgeted = declared
        self._backends, self._around, self._flow = backends, around, flow
        self._folder = run_folder(backends, flow.run_id)
        self.results: dict[str, Result] = {}

    def go(self) -> Result:
        self._folder.mkdir(parents=True, exist_ok=True)
        a, b, flow, r = self._automation, self._backends, self._flow, self.results
        r["check"] = flow.step(
            "check", "the declaration, and what decides", self._check, lambda x: f"version {x['against']} decides"
        )
        r["source"] = flow.step("collect", str(a.source.table or a.source.sql),
                                lambda: collect(a, b, self._around, flow.run_id, fresh=False), _told_collected)  # fmt: skip
        r["collect"] = flow.step("join", "outcomes that came back",
                                 lambda: joined(a, b, self._desk(), r["source"], flow.run_id), _told_joined)  # fmt: skip
        r["window"] = flow.step("window", "from which row on to learn", self._window, lambda x: x["told"])
        r["clean"] = flow.step("clean", "types, missing marks; the newest rows that nobody was trained on apart",
                               lambda: prepare.clean(a, b.lake, r["collect"], flow.run_id, self._apart(r["window"]["skipped"])),
                               lambda x: f"{x['rows']:,} rows")  # fmt: skip
        r["expect"] = flow.step("expect", "what the rows must look like",
                                lambda: prepare.expect(a, b.lake, r["clean"], flow.run_id), _told_expected)  # fmt: skip
        self._learn()
        r["compare"] = flow.step("compare", "both on the same recent rows", self._compare, lambda x: x["why"])
        r["register"] = flow.step("register", "the version", self._register, _told_registered)
        r["report"] = flow.step("report", "for people", lambda: report(a, b, flow, r), lambda x: x["path"])
        return self._result()

    def _learn(self) -> None:
        a, b, flow, r = self._automation, self._backends, self._flow, self.results
        spent = SHARE if r["window"]["asked"] else 0.0
        shorter = _with_time(self._budgeted, 1.0 - spent)
        alone = None if a.learn is None else alone_of(a.learn.question)
        r["plan"] = flow.step(
            "plan", "what learning is going to take",
            lambda: plan(shorter, b, r["clean"], r["expect"]) if alone is None else alone.plan(shorter), told,
        )  # fmt: skip
        r["learn"] = flow.step(
            "learn", "what did well before comes first" if alone is None else alone.what,
            lambda: self._learned(shorter, alone), _told_learned,
        )  # fmt: skip
        r["evaluate"] = flow.step("evaluate", "on rows that no choice has seen", lambda: self._tested(alone),
                                  lambda x: f"{x['evaluation']['rows']:,} rows")  # fmt: skip

    def _learned(self, shorter: Automation, alone: Alone | None) -> Result:
        b, progress, prepared = self._backends, self._flow.progress, (self.results["clean"], self.results["expect"])
        if alone is not None:
            return alone.learn(shorter, b, prepared, self._folder, progress)
        return learn(shorter, b, prepared, self._folder, progress, earlier_of(b, self._champion))

    def _tested(self, alone: Alone | None) -> Result:
        a, b, r = self._automation, self._backends, self.results
        if alone is None:
            return test(a, b, r["clean"], r["expect"], r["learn"], self._folder)
        private = bool(a.prepare.protect)
        return test_alone(a.name, b, (r["clean"], r["expect"]), r["learn"], self._folder, private=private)

    def _desk(self) -> Desk:
        return open_desk(self._backends, self._automation.name, self._against)

    @property
    def _against(self) -> int:
        return self.results["check"]["against"]

    @property
    def _champion(self) -> ModelVersion:
        return self._backends.registry.get(self._automation.name, self._against)

    def _check(self) -> Result:
        refuse_problems(self._automation)
        return {"against": self._backends.registry.get(self._automation.name).version}

    def _apart(self, skipped: int = 0) -> RecentApart:
        a, champion = self._automation, self._champion
        assert a.learn is not None  # it has a version
        seen, reading = seen_by(self._backends, champion, a), CleaningPlan.from_json(champion.facts["plan"])
        subject = subject_of(a, [column.name for column in reading.columns])
        before = Before(seen, reading, self.results["collect"]["first"], subject, made_of(a, reading))
        return RecentApart(before, a.learn.split, a.source.time, skipped)

    def _window(self) -> Result:
        members = [learner.name for learner in earlier_of(self._backends, self._champion).members]
        known = {entry.name for entry in PORTFOLIO}
        heaviest = next((name for name in members if name in known), USUAL)
        asking = Asking(self._deciding(), heaviest, self._folder, self._flow.progress)
        return window(self._budgeted, self._backends, self.results["collect"], self._apart(), asking)

    def _deciding(self) -> Contender:
        champion = self._champion
        policy = Policy.from_dict(champion.facts["policy"])
        return Contender(open_model(champion.folder, KINDS, champion.hash), policy)

    def _compare(self) -> Result:
        a, b, r, champion = self._automation, self._backends, self.results, self._champion
        goal = prepare.goal_from_plain(r["clean"]["goal"])
        if not same_question(champion.card, goal):
            why = f"version {champion.version} answers another question"
            return {"against": champion.version, **Verdict("promote", why).to_dict()}
        rows = prepare.part_of(b.lake.read(r["expect"]["table"], r["expect"]["version"]), prepare.TEST)
        learned = r["learn"]
        new = Contender(open_model(self._folder / MODEL, KINDS, learned["hash"]), Policy.from_dict(learned["policy"]))
        subject = subject_of(a, rows.column_names)
        found = compare(self._deciding(), new, rows, goal, share=learned["capacity"], subject=subject)
        return {"against": champion.version, **found.to_dict(), **verdict(a, found, champion.version).to_dict()}

    def _register(self) -> Result:
        a, b, r, run = self._automation, self._backends, self.results, self._flow.run_id
        compared = r["compare"]
        evidence = {name: value for name, value in compared.items() if name not in ("why", "decision")}
        carried = Carried(
            a, b, Verdict(compared["decision"], compared["why"]), self._against, f"retraining {run}", evidence
        )
        return register(a, b, run, r, self._folder, carried)

    def _result(self) -> Result:
        r = self.results
        registered, joined_rows = r["register"], r["collect"]
        return {
            "automation": self._automation.name, "run_id": self._flow.run_id, "version": registered["version"],
            "champion": registered["champion"], "decision": r["compare"]["decision"], "why": registered["why"],
            "comparison": {name: value for name, value in r["compare"].items() if name not in ("why", "decision")},
            "rows": {
                "collected": r["source"]["rows"], "outcomes": joined_rows["outcomes"], "waiting": joined_rows["waiting"],
                "silent": joined_rows["silent"], "left_out": r["window"]["skipped"],
                "train": r["expect"]["train"], "test": r["expect"]["test"],
            },
            "window": r["window"]["told"], "metrics": {n: m["value"] for n, m in r["evaluate"]["evaluation"]["metrics"].items()},
            "report": r["report"]["path"], "leaderboard": r["learn"]["found"]["candidates"],
        }  # fmt: skip


def _with_time(automation: Automation, share: float) -> Automation:
    declared = automation.learn
    assert declared is not None  # it has a version
    limits = declared.limits.model_copy(update={"time": declared.limits.time * share})
    return automation.model_copy(update={"learn": declared.model_copy(update={"limits": limits})})


def _told_collected(result: Mapping[str, Any]) -> str:
    return f"{result['rows']:,} rows, {result['collected']:,} of them read now"


def _told_joined(result: Mapping[str, Any]) -> str:
    more = f", {result['waiting']:,} are too young" if result["waiting"] else ""
    untimed = f", {result['untimed']:,} without a time left out" if result["untimed"] else ""
    return f"{result['outcomes']:,} outcomes of decisions{more}{untimed}"


def _told_expected(result: Mapping[str, Any]) -> str:
    return f"{result['quarantined']:,} in quarantine; {result['train']:,} to learn from, {result['test']:,} to test on"


def _told_learned(result: Mapping[str, Any]) -> str:
    members = [f"{c['name']} {c['weight']:.0%}" for c in result["found"]["candidates"] if c["weight"] > 0]
    return f"chosen: {', '.join(members)}"


def _told_registered(result: Mapping[str, Any]) -> str:
    return f"version {result['version']} {'decides from now on' if result['champion'] else 'does not decide'} ({result['why']})"
