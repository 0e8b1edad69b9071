"""Reporting: the report of a version, and the summary that a terminal shows."""

from typing import Any

from mainspring.automation import Automation
from mainspring.automation.check import notes
from mainspring.backends.opening import Backends
from mainspring.model import card_dict
from mainspring.run.flow import CODE_VERSION, Flow, Result
from mainspring.run.place import report_path
from mainspring.run.train.planning.plan import actual
from mainspring.run.train.record.made import libraries
from mainspring.steps.learn.report.page import render
from mainspring.steps.learn.report.story import Story

TITLES = {
    "mainspring": "this automation",
    "model_alone": "its model alone",
    "nobody": "nobody",
    "everybody": "everybody",
    "top_decile": "top tenth by score",
}


def report(automation: Automation, backends: Backends, flow: Flow, results: dict[str, Result]) -> Result:
    """Write ``report.html`` beside the version's files."""
    registered, learned, tested = results["register"], results["learn"], results["evaluate"]
    found = backends.registry.get(automation.name, registered["version"])
    plan = {**results["plan"], "actual": actual(automation, backends, flow.steps.finished(), results)}
    collected, cleaned, expected = results["collect"], results["clean"], results["expect"]
    story = Story(
        automation=automation.model_dump(mode="json", by_alias=True),
        counts={
            "collected": collected["rows"], "duplicates": cleaned["duplicates"], "unlabelled": cleaned["unlabelled"],
            "quarantined": expected["quarantined"], "train": expected["train"], "test": expected["test"],
        },
        cleaning=[*collected["changes"], *cleaned["changes"]],
        profile=learned["profile"], found={**learned["found"], "plan": plan, "doubts": learned.get("doubts")},
        evaluation=tested["evaluation"],
        card=card_dict(found.card), policy=learned["policy"],
        facts={
            "version": registered["version"], "run_id": flow.run_id, "code_version": CODE_VERSION, "seed": found.facts["seed"],
            "data_version": f"{expected['table']}@{expected['version']}", "hash": found.hash,
            "seconds": learned["found"]["seconds"], "promotion": registered["why"], "notes": notes(automation),
            "learned_rows": learned["learned_rows"],
            "libraries": libraries(),
        },
    )  # fmt: skip
    path = report_path(backends, automation.name, registered["version"])
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(render(story), encoding="utf-8")
    draft.replace(path)
    return {"path": str(path), "plan": plan}


def summary(evaluation: dict[str, Any]) -> list[dict[str, Any]]:
    """Who is contacted and what it earns on the test rows, a row a policy; of several labels the rates of each, and of all; else empty."""
    if labels := evaluation.get("labels"):
        rates = ("precision", "recall", "f1")
        return [
            {
                "label": line["label"] or "(all)",
                **{rate: round(line[rate], 4) for rate in rates},
                "support": line["support"],
            }
            for line in labels
        ]
    return [
        {"policy": TITLES[name], "contacted": entry["contacted"], "profit": round(entry["gain"], 2),
         "per row": round(entry["gain"] / max(1, evaluation["rows"]), 4)}
        for name, entry in evaluation.get("baselines", {}).items()
    ]  # fmt: skip
