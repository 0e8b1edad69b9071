"""Act: how each action is carried out."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from mainspring.automation.part import Part
from mainspring.automation.units import Seconds
from mainspring.event import addressed, topic_address


class Act(Part):
    """Exactly one of ``webhook``, ``message``, ``table``, ``file`` and ``topic`` says where the action goes."""

    webhook: str | None = None
    """An http(s) address that takes the decision as a CloudEvent."""
    message: str | None = None
    """An address that Apprise knows (``mailto://…``, ``slack://…``, ``dingtalk://…`` …) that is sent the decision in words."""
    table: str | None = None
    """A table of the lake to which the decision is added."""
    file: str | None = None
    """A file to which the decision is added as a line of JSON."""
    topic: str | None = None
    """A topic to which the decision is published: its name on the workspace's bus, or ``nats://…/NAME``, ``kafka://…/NAME``."""
    retry: Annotated[int, Field(ge=0, le=100)] = 5
    """How often an unanswered delivery is tried again, with growing pauses, before it becomes a dead letter."""
    timeout: Seconds = 10.0
    """How long a delivery may take."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Sent with a webhook; ``${NAME}`` is taken from the environment when it is sent, and never stored."""

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if sum(target is not None for target in (self.webhook, self.message, self.table, self.file, self.topic)) != 1:
            raise ValueError("give exactly one of 'webhook', 'message', 'table', 'file' and 'topic'")
        if self.webhook is not None and not self.webhook.startswith(("http://", "https://")):
            raise ValueError("'webhook' must start with http:// or https://")
        if self.topic is not None:
            topic_address(addressed(self.topic))
        return self
