"""Watch: what to keep an eye on afterwards. Read and checked now; ``mainspring check`` says that nothing acts on it yet."""

from typing import Annotated

from pydantic import Field

from mainspring.automation.part import Part


class Drift(Part):
    alert: bool = True


class Retrain(Part):
    when: str
    """A condition over ``drift``, ``feedback`` and ``performance``."""
    promote: str = "when_better"


class Alert(Part):
    to: Annotated[list[str], Field(min_length=1)]


class Watch(Part):
    drift: Drift | None = None
    retrain: Retrain | None = None
    alert: Alert | None = None
