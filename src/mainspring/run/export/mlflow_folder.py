"""An MLflow model folder: the model in its own safe formats, opened by :mod:`mainspring.run.export.pyfunc`; nothing is pickled."""

import logging
import os
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

# MLflow reports its use to its makers unless told not to before it is loaded.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import pandas  # pyright: ignore[reportMissingTypeStubs]
import pyarrow as pa

from mainspring.errors import ExportError
from mainspring.model import Model, Prepared, seal
from mainspring.run.export import pyfunc
from mainspring.run.export.agree import refuse_disagreement, rows_for
from mainspring.run.export.whole import whole_folder
from mainspring.run.flow import CODE_VERSION
from mainspring.steps.learn.text.kinds import keep_encoders
from mainspring.steps.prepare.features.categories import Categories
from mainspring.steps.prepare.table_transform import TableTransform
from mainspring.table import to_arrow

with warnings.catch_warnings():
    # MLflow remarks on its own type hints while it is loaded.
    warnings.simplefilter("ignore")
    import mlflow.pyfunc
    from mlflow.models import ModelSignature
    from mlflow.types.schema import AnyType, ColSpec, DataType, Schema


def write(model: Model, path: Path, rows: pa.Table | None) -> float:
    """Write a prepared model as a folder for ``mlflow.pyfunc.load_model``, once it answered there as the model itself does.

    The signature has every raw column as optional, and the example no row of the data. Returns the greatest difference.

    Raises:
        ExportError: there is something at ``path``, it cannot be written, or the answers differ.
    """
    if not isinstance(model, Prepared) or not isinstance(model.transform, TableTransform):
        raise ExportError(f"models of the kind {model.card.kind!r} cannot be exported to MLflow")
    with whole_folder(path) as draft, TemporaryDirectory(prefix="mainspring-") as name:
        saved = Path(name) / "model"
        saved.mkdir()
        model.save(saved)
        keep_encoders(saved, saved)
        seal(saved)
        asked = rows_for(model.transform, rows)
        with _silence():
            flavour = cast(Any, mlflow.pyfunc)
            flavour.save_model(
                draft, loader_module=pyfunc.__name__, data_path=str(saved), signature=_signature(model),
                input_example=_example(model.transform), pip_requirements=[f"mainspring[mlflow]=={CODE_VERSION}"],
                metadata={
                    "target": model.card.target, "question": str(model.card.question),
                    "inputs": {field.name: str(field.type) for field in model.card.input},
                },
            )  # fmt: skip
            theirs = flavour.load_model(str(draft)).predict(asked.to_pandas())
        return refuse_disagreement(model, asked, to_arrow(theirs))


@contextmanager
def _silence() -> Generator[None]:
    """Without MLflow's remarks on its own work, and pandas' on MLflow's."""
    logger = logging.getLogger("mlflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _signature(model: Model) -> ModelSignature:
    """Inputs of any type: what they mean is in the folder's metadata; the model reads whole numbers, texts and holes as well."""
    inputs: list[Any] = [ColSpec(cast(Any, AnyType()), f.name, required=False) for f in model.card.input]
    outputs: list[Any] = [ColSpec(_type_of(f.type), f.name) for f in model.card.answer]
    return ModelSignature(Schema(inputs), Schema(outputs))


def _type_of(kind: pa.DataType) -> DataType:
    if pa.types.is_floating(kind):
        return DataType.double
    if pa.types.is_integer(kind):
        return DataType.long
    return DataType.boolean if pa.types.is_boolean(kind) else DataType.string


def _example(transform: TableTransform) -> pandas.DataFrame:
    """One made-up row: of words with few levels the commonest, the rest the same for everybody."""
    levels = {f.column: f.levels if isinstance(f, Categories) else () for f in transform.features}
    plain: dict[str, Any] = {"double": 1.0, "int64": 1, "bool": True, "timestamp[us]": pandas.Timestamp(2024, 1, 1)}
    return pandas.DataFrame(
        {field.name: [plain.get(str(field.type), next(iter(levels[field.name]), "text"))] for field in transform.input}
    )
