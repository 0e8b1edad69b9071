"""Part: what every piece of a declaration has in common: unknown keys are mistakes, and a read declaration does not change."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, populate_by_name=True)
