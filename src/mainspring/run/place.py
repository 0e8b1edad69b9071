"""Place: where runs leave their files in a workspace's folder."""

from pathlib import Path

from mainspring.backends.opening import Backends


def run_folder(backends: Backends, run_id: str) -> Path:
    """What a run under way keeps between its steps; gone once it is finished."""
    return backends.settings.place / "runs" / run_id


def report_path(backends: Backends, name: str, version: int) -> Path:
    return backends.settings.place / "reports" / name / f"{version}.html"


def record_path(backends: Backends, name: str, version: int) -> Path:
    """What is needed to learn a version again."""
    return backends.settings.place / "records" / name / f"{version}.json"
