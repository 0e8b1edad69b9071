"""Watch: what to keep an eye on afterwards. Read and checked now; ``mainspring check`` says that nothing acts on it yet."""

from typing import Annotated, Literal

from pydantic import Field

from mainspring.automation.decide import ConditionText
from mainspring.automation.part import Part


class Drift(Part):
    """Whether new rows still look like those that were learned from."""

    alert: bool = True
    """Tell when they do not."""


class Retrain(Part):
    """When to learn anew."""

    when: ConditionText
    """A condition over ``drift``, ``feedback`` and ``performance``."""
    promote: Literal["when_better", "always", "never"] = "when_better"
    """Whether the new version decides from then on."""


class Alert(Part):
    """Who is told."""

    to: Annotated[list[str], Field(min_length=1)]
    """Addresses: ``mailto://…``, ``dingtalk://…``."""


class Watch(Part):
    """What to keep an eye on afterwards."""

    drift: Drift | None = None
    """Whether the rows change."""
    retrain: Retrain | None = None
    """When to learn anew."""
    alert: Alert | None = None
    """Who is told."""
