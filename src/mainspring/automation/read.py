"""Read: YAML to a declaration, with every mistake and its line."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel
from ruamel.yaml import YAML

T = TypeVar("T", bound=BaseModel)


def read(path: Path, kind: type[T]) -> T:
    return kind.model_validate(YAML(typ="safe").load(path.read_text(encoding="utf-8")))
