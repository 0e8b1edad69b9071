"""Part: what every piece of a declaration has in common: unknown keys are mistakes, and a read declaration does not change."""

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Part(BaseModel):
    # Inputs are hidden in errors: an address may hold a password.
    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, populate_by_name=True, hide_input_in_errors=True
    )


def wrong(what: str, remedy: str = "") -> PydanticCustomError:
    """A mistake that no type can tell, to be raised by a validator."""
    told = f"{what} → {remedy}" if remedy else what
    return PydanticCustomError("mainspring", "{told}", {"told": told, "what": what, "remedy": remedy})
