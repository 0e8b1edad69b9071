"""Weights & Biases: a run with its candidates in a table and in its summary."""

from pathlib import Path
from typing import Any, Literal

import wandb

from mainspring.backends.trackers.tracker import TrackedRun


class WeightsAndBiases:
    """``place`` is ``online`` (also when empty) or ``offline``: then what is kept under ``wandb`` waits for ``wandb sync``.

    Neither code, nor what is printed, nor what is known of the machine is sent.
    """

    def __init__(self, place: str, folder: Path) -> None:
        self._mode: Literal["online", "offline"] = "offline" if place == "offline" else "online"
        self._folder = folder

    def track(self, run: TrackedRun) -> None:
        quiet = wandb.Settings(
            console="off", silent=True, disable_git=True, disable_code=True, save_code=False, x_disable_stats=True,
            x_disable_meta=True, x_disable_machine_info=True, init_timeout=30,
        )  # fmt: skip
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = wandb.init(
            project="mainspring", group=run.automation, name=f"{run.automation} {run.run_id[:8]}", mode=self._mode,
            dir=str(self._folder), config=dict(run.parameters), reinit="create_new", settings=quiet,
        )  # fmt: skip
        failed = True
        try:
            kept.summary.update({**run.metrics, "state": run.state, "run_id": run.run_id})
            kept.summary.update({"version": run.version} if run.version is not None else {"error": run.error})
            kept.summary.update(_by_candidate(run))
            if run.candidates:
                kept.log({"leaderboard": _table(run)})
            if run.report is not None:
                artifact = wandb.Artifact(f"report-{run.automation}", type="report")
                artifact.add_file(str(run.report))
                kept.log_artifact(artifact)
            failed = run.state == "failed"
        finally:
            kept.finish(exit_code=int(failed))


def _by_candidate(run: TrackedRun) -> dict[str, float]:
    return {f"{c.name}/{name}": value for c in run.candidates for name, value in c.metrics.items()}


def _table(run: TrackedRun) -> wandb.Table:
    metrics = list(dict.fromkeys(name for c in run.candidates for name in c.metrics))
    parameters = list(dict.fromkeys(name for c in run.candidates for name in c.parameters))
    data: list[Any] = [
        [
            c.name,
            *(c.metrics.get(m) for m in metrics),
            *(_text(c.parameters.get(p)) for p in parameters),
            c.why_not or "",
        ]
        for c in run.candidates
    ]
    return wandb.Table(columns=["candidate", *metrics, *parameters, "left out"], data=data)


def _text(value: object) -> str:
    return "" if value is None else str(value)
