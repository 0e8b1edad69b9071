"""Page: what a page is: regions of markup that are looked at again and again, and what can be done on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from mainspring.errors import MainspringError
from mainspring.faces.portal.running.runs import RunningRuns
from mainspring.faces.portal.say import Say
from mainspring.faces.serve.door.guard import Of, check
from mainspring.faces.serve.gateway import Gateway
from mainspring.faces.serve.problems import Refused
from mainspring.run.access.roles import Caller, Role
from mainspring.steps.learn.report.markup import Html
from mainspring.workspace import Workspace

Told = Mapping[str, str]
"""What a form or a button told: texts by name."""


@dataclass(slots=True)
class Visit:
    """One look at one page. ``path`` and ``query`` are of its address; ``notices`` and ``next`` are what becomes of an action."""

    gateway: Gateway
    running: RunningRuns
    caller: Caller
    say: Say
    path: Mapping[str, str]
    query: Mapping[str, str]
    address: str = "/"
    theme: str = ""
    notices: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    next: str | None = None

    @property
    def workspace(self) -> Workspace:
        return self.gateway.workspace

    def tell(self, notice: str) -> None:
        """Show a sentence for a moment."""
        self.notices.append(("good", notice))

    @property
    def by(self) -> str:
        """Who does what is done here, for the audit. Two keys of one name are two callers."""
        return f"{self.caller.name} ({self.caller.id})"

    def may(self, role: Role, automation: str) -> bool:
        return self.caller.may(role, automation)

    def need(self, role: Role, automation: str) -> None:
        """Raises Refused where the caller may not."""
        check(self.caller, role, "automation", automation)

    def complain(self, error: MainspringError | Refused) -> None:
        told = f"{error.detail}: {error.remedy}" if isinstance(error, Refused) else str(error)
        self.notices.append(("bad", told))

    def go(self, address: str) -> None:
        """Go to another page once the action is done."""
        self.next = address


Actions = Mapping[str, tuple[Role, Callable[[Told], None]]]
"""By the name in ``data-do``: the role that is needed, of what the page is of, and what is done."""


class Page(Protocol):
    """Regions are made in a thread, every ``every`` seconds and after each action; those that stayed the same are not sent."""

    every: ClassVar[float]
    needs: ClassVar[tuple[Role, Of]]
    """The role that is needed to see it: for the automation its address names, for everything, for anything at all."""

    def __init__(self, visit: Visit) -> None: ...

    @property
    def title(self) -> str:
        """Of the browser's tab."""
        ...

    def regions(self) -> dict[str, Html]:
        """The same names in the same order each time. What holds a form must not change while someone types in it."""
        ...

    def actions(self) -> "Actions":
        """What buttons and forms ask for. Their MainspringErrors are shown."""
        ...
