"""Automation: what a person declares, in YAML or in Python."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from mainspring.automation.act import Act
from mainspring.automation.decide import Decide
from mainspring.automation.learn import Learn
from mainspring.automation.part import Part, wrong
from mainspring.automation.prepare import Prepare
from mainspring.automation.problems.find import problems
from mainspring.automation.source import Source
from mainspring.automation.watch import DEFAULTS, Watch
from mainspring.automation.written.read import read
from mainspring.event import TOPIC, is_topic


class Automation(Part):
    """``source → prepare → learn → decide → act``: one recurring decision, from its data to its actions."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
    """Small letters, digits, ``-`` and ``_``; its tables, address and files are called so."""
    about: str = ""
    """What it is for, in a sentence."""
    source: Source
    """Where the rows come from."""
    prepare: Prepare = Prepare()
    """What the rows must look like, and what is private in them."""
    learn: Learn | None = None
    """What to predict, and within which limits. Not needed where rules alone decide."""
    decide: Decide | None = None
    """What is done with the answer."""
    act: dict[str, Act] = Field(default_factory=dict[str, Act])
    """Action → how it is carried out. Where nothing is declared, decisions are only recorded."""
    watch: Annotated[Watch, DEFAULTS] = Watch()
    """What to keep an eye on afterwards, and who is told."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        found = [InitErrorDetails(type=wrong(what, remedy), loc=at, input=None) for at, what, remedy in problems(self)]
        if found:
            raise ValidationError.from_exception_data(type(self).__name__, found, hide_input=True)
        return self

    @property
    def stream(self) -> str | None:
        """The address of the events to decide on, None where there are none."""
        source = self.source
        arrivals = f"{TOPIC}{self.name}.arrivals" if source.every is not None else None
        return source.events or (source.table if is_topic(source.table) else arrivals)

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read a YAML declaration. Paths in it start in its own folder.

        Raises:
            SpecError: with every problem of the file: its line, what is wrong, what would be right.
        """
        return read(Path(path), cls)
