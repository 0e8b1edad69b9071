"""Topic: publishes an action to a topic of a bus, where another automation or program takes it up."""

from mainspring.automation.act import Act
from mainspring.errors import ActRefused, ActUnreachable, MainspringError
from mainspring.event import Event, addressed
from mainspring.steps.act.deliverer import Means


class Topic:
    def __init__(self, means: Means) -> None:
        self._publish = means.publish

    def deliver(self, event: Event, act: Act) -> None:
        told = act.topic or ""
        try:
            self._publish(addressed(told), event)
        except MainspringError as error:
            kind = ActUnreachable if error.retry else ActRefused
            raise kind(f"the event was not published: {error.what}", where=error.where, remedy=error.remedy) from error
