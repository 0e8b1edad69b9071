"""Version: a registered version brought into a form that other tools run."""

import importlib
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from mainspring.backends.opening import Backends
from mainspring.backends.store.registry import ModelVersion
from mainspring.errors import MainspringError, MissingExtra, SpecError, nearest
from mainspring.model import Model, open_model
from mainspring.run.export.kinds import FORMS
from mainspring.run.kinds import KINDS
from mainspring.steps.prepare.export.features import refuse_unwritable
from mainspring.steps.prepare.preparer import TablePreparer

MOST_ROWS = 200_000
MOST_LOOKED_AT = 5_000


class Write(Protocol):
    def __call__(self, model: Model, path: Path, rows: pa.Table | None) -> float: ...


def export(backends: Backends, found: ModelVersion, path: Path, form: str) -> dict[str, object]:
    """Write a version to ``path`` as ``onnx`` (a file) or ``mlflow`` (a folder); what was written, and how it agrees.

    Raises:
        SpecError: there is no such form. MissingExtra: its library is not installed. ExportError: a part cannot be exported, or
        the answers differ; then nothing is left at ``path``.
    """
    write = writer(form)
    model = open_model(found.folder, KINDS, found.hash)
    difference = write(model, path.absolute(), _rows(backends, found))
    return {
        "automation": found.automation, "version": found.version, "form": form, "path": str(path), "difference": difference
    }  # fmt: skip


def writer(form: str) -> Write:
    """What writes a form, loaded on use."""
    if form not in FORMS:
        guess = nearest(form, FORMS)
        raise SpecError(
            f"there is no form {form!r}", remedy=f"did you mean {guess!r}?" if guess else f"known: {', '.join(FORMS)}"
        )
    module, _, name = FORMS[form].partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or form, form, f"exporting to {form}") from error


def refuse_unexportable(preparer: TablePreparer, rows: pa.Table) -> None:
    """Before anything is learned from ``rows`` for ONNX.

    Raises:
        MissingExtra: its libraries are not installed. ExportError: a column cannot be exported; it is named.
    """
    writer("onnx")
    for feature in preparer.fit(rows.slice(0, MOST_LOOKED_AT)).transform.features:
        refuse_unwritable(feature)


def _rows(backends: Backends, found: ModelVersion) -> pa.Table | None:
    """Rows the version was learned and tested on, as the lake keeps them; None where it no longer does."""
    place = found.facts["data_version"]
    try:
        return backends.lake.read(place["table"], place["version"]).slice(0, MOST_ROWS)
    except MainspringError:
        return None
