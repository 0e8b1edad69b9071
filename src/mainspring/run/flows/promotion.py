"""Promotion: a version becomes champion after it was opened whole."""

from collections.abc import Mapping
from typing import Any

from mainspring.backends.flows.flows import Body, Result, Steps, Task
from mainspring.backends.opening import Backends
from mainspring.errors import SpecError
from mainspring.run.access.approvals import lacking
from mainspring.run.desk import open_desk
from mainspring.run.flow import Flow
from mainspring.run.progress import RunProgress

KIND = "promotion"


def begin(backends: Backends, subject: str, arguments: Mapping[str, Any], run: str) -> Task:
    """Of the automation ``subject``; ``arguments`` are ``version`` (the newest when None), ``by`` and ``why``."""
    versions = backends.registry.versions(subject)
    if not versions:
        raise SpecError(f"{subject!r} has no version to promote", where="subject", remedy="mainspring run FILE.yaml")
    told = {"by": "a person", "why": "", **arguments}
    return Task(run, KIND, subject, {**told, "version": int(told.get("version") or versions[-1].version)})


def carrier(backends: Backends, progress: RunProgress) -> Body:
    return lambda steps, task: _promoted(backends, Flow(steps, progress), task, steps)


def _promoted(backends: Backends, flow: Flow, task: Task, steps: Steps) -> Result:
    version, told = int(task.arguments["version"]), task.arguments

    def opened() -> Result:
        found = backends.registry.get(task.subject, version)
        open_desk(backends, task.subject, version)  # its hashes are checked; what is spoiled is not promoted
        return {"hash": found.hash}

    def promoted() -> Result:
        if (lacks := lacking(backends, task.subject, version)) is not None:
            raise SpecError(
                lacks,
                where=f"version {version} of {task.subject}",
                remedy=f"mainspring promote {task.subject} {version}, by another person",
            )
        backends.registry.promote(task.subject, version, by=told["by"], why=told["why"])
        return {"version": version}

    flow.step("open", f"version {version} of {task.subject}", opened, lambda it: f"whole: {it['hash'][:12]}")
    flow.step("promote", "it decides", promoted, lambda it: f"version {it['version']} decides from now on")
    return {"automation": task.subject, "version": version, "run": steps.run}
