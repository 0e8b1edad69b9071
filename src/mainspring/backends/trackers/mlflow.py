"""MLflow: a run with a nested run for each candidate, on a server or in a folder of its own."""

import logging
import os
import warnings
from collections.abc import Mapping
from pathlib import Path

# MLflow reports its use to its makers unless told not to before it is loaded; and a server that is away is asked for minutes.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")

from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from mlflow.utils.time import get_current_time_millis

from mainspring.backends.trackers.tracker import TrackedCandidate, TrackedRun, Value

ENDED = {"finished": "FINISHED", "failed": "FAILED"}
DATABASE = "mlflow.db"


class MLflow:
    """``place`` is the address of a server or database, or a folder: then its ``mlflow.db`` and ``artifacts`` are used."""

    def __init__(self, place: str, folder: Path) -> None:
        self._uri, self._artifacts = place, None
        if "://" not in place:
            within = folder / (Path(place).expanduser() if place else "mlflow")
            self._uri, self._artifacts = f"sqlite:///{within / DATABASE}", within / "artifacts"

    def track(self, run: TrackedRun) -> None:
        logging.getLogger("alembic").setLevel(logging.WARNING)
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._track(run)

    def _track(self, run: TrackedRun) -> None:
        if self._artifacts is not None:
            self._artifacts.mkdir(parents=True, exist_ok=True)
        client = MlflowClient(tracking_uri=self._uri)
        experiment = self._experiment(client, run.automation)
        tags = {"run_id": run.run_id, "version": run.version, "error": run.error}
        kept = client.create_run(experiment, run_name=f"{run.automation} {run.run_id[:8]}", tags=_texts(tags))
        parent = kept.info.run_id
        ended = "FAILED"
        try:
            _log(client, parent, run.parameters, run.metrics)
            for candidate in run.candidates:
                _track_candidate(client, experiment, parent, candidate)
            if run.report is not None:
                client.log_artifact(parent, str(run.report))
            ended = ENDED[run.state]
        finally:
            client.set_terminated(parent, ended)

    def _experiment(self, client: MlflowClient, name: str) -> str:
        found = client.get_experiment_by_name(name)
        if found is not None:
            return found.experiment_id
        where = None if self._artifacts is None else (self._artifacts / name).as_uri()
        return client.create_experiment(name, artifact_location=where)


def _track_candidate(client: MlflowClient, experiment: str, parent: str, candidate: TrackedCandidate) -> None:
    tags = {"mlflow.parentRunId": parent, "left_out": candidate.why_not}
    run = client.create_run(experiment, run_name=candidate.name, tags=_texts(tags)).info.run_id
    _log(client, run, candidate.parameters, candidate.metrics)
    client.set_terminated(run, "FINISHED" if candidate.why_not is None else "FAILED")


def _log(client: MlflowClient, run: str, parameters: Mapping[str, Value], metrics: Mapping[str, float]) -> None:
    now = get_current_time_millis()
    client.log_batch(
        run,
        metrics=[Metric(name, float(value), now, 0) for name, value in metrics.items()],
        params=[Param(name, str(value)[:500]) for name, value in parameters.items()],
    )


def _texts(tags: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in tags.items() if value not in (None, "")}
