"""TensorBoard: event files, a folder a run and in it one for each candidate, with its settings for the HPARAMS page."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from tensorboardX import FileWriter
from tensorboardX.summary import hparams, scalar, text

from mainspring.backends.trackers.tracker import TrackedRun, Value


class TensorBoard:
    """``place`` is the folder that ``tensorboard --logdir`` is given."""

    def __init__(self, place: str, folder: Path) -> None:
        self._folder = folder / (Path(place).expanduser() if place else "tensorboard")

    def track(self, run: TrackedRun) -> None:
        place = self._folder / run.automation / run.run_id
        facts = {"state": run.state, "version": run.version, "error": run.error}
        if run.report is not None:
            place.mkdir(parents=True, exist_ok=True)
            facts["report"] = shutil.copy(run.report, place / run.report.name)
        _write(place, run.parameters, run.metrics, facts)
        for candidate in run.candidates:
            _write(place / candidate.name, candidate.parameters, candidate.metrics, {"left out": candidate.why_not})


def _write(
    place: Path, parameters: Mapping[str, Value], metrics: Mapping[str, float], facts: Mapping[str, object]
) -> None:
    writer = FileWriter(str(place))
    try:
        for summary in hparams(dict(parameters), dict(metrics)):
            writer.add_summary(summary)
        for name, value in metrics.items():
            writer.add_summary(scalar(name, value), 0)
        told = [f"**{name}**: {value}" for name, value in facts.items() if value not in (None, "")]
        if told:
            writer.add_summary(text("facts", "  \n".join(told)), 0)
    finally:
        writer.close()
