"""Place: where runs leave their files in a workspace's folder."""

import os
from pathlib import Path

from mainspring.backends.opening import Backends
from mainspring.steps.source.reader import Surroundings


def run_folder(backends: Backends, run_id: str) -> Path:
    """What a run under way keeps between its steps; gone once it is finished."""
    return backends.settings.place / "runs" / run_id


def report_path(backends: Backends, name: str, version: int) -> Path:
    return backends.settings.place / "reports" / name / f"{version}.html"


def record_path(backends: Backends, name: str, version: int) -> Path:
    """What is needed to learn a version again."""
    return backends.settings.place / "records" / name / f"{version}.json"


def surroundings(backends: Backends, folder: Path) -> Surroundings:
    """What readers need to know; relative addresses start from ``folder``."""
    return Surroundings(folder, backends.settings.python_sources, environment=dict(os.environ))


def rows_path(backends: Backends, name: str, version: int) -> Path:
    """Which rows a version has seen."""
    return backends.settings.place / "records" / name / f"{version}.rows.npz"


def source_folder(backends: Backends, name: str, otherwise: Path) -> Path:
    """From where the files of an automation's source are named: as in the run that made the version which decides."""
    made = backends.runs.get(backends.registry.get(name).run_id)
    told = None if made is None else made.facts.get("folder")
    return Path(told) if told and Path(told).is_dir() else otherwise
