"""Automation: what a person declares, in YAML or in Python."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from mainspring.automation.act import Act
from mainspring.automation.decide import Decide
from mainspring.automation.learn import Learn
from mainspring.automation.part import Part
from mainspring.automation.prepare import Prepare
from mainspring.automation.source import Source
from mainspring.automation.watch import Watch
from mainspring.automation.yaml.read import read


class Automation(Part):
    """``source → prepare → learn → decide → act``: one recurring decision, from its data to its actions."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
    about: str = ""
    source: Source
    prepare: Prepare = Prepare()
    learn: Learn | None = None
    decide: Decide | None = None
    act: dict[str, Act] = Field(default_factory=dict)
    """Action → how it is carried out. Where nothing is declared, decisions are only recorded."""
    watch: Watch | None = None

    @model_validator(mode="after")
    def _learns_or_rules(self) -> Self:
        if self.learn is None and not (self.decide and self.decide.rules):
            raise ValueError("declare 'learn', or 'decide' with rules")
        return self

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read a YAML declaration.

        Raises:
            SpecError: with every problem of the file: its line, what is wrong, what would be right.
        """
        return read(Path(path), cls)
