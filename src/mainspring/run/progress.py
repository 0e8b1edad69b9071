"""Progress: what a run tells whoever watches it."""

from typing import Protocol


class RunProgress(Protocol):
    def step(self, name: str, about: str) -> None:
        """A step begins."""
        ...

    def update(self, text: str, share: float) -> None:
        """Within the step: what is being done, and what share (0 to 1) of it is done."""
        ...

    def done(self, name: str, facts: str, *, repeated: bool = False) -> None:
        """A step is finished. ``repeated`` says that an earlier, interrupted run had already finished it."""
        ...


class Silent:
    """Tells nobody."""

    def step(self, name: str, about: str) -> None: ...

    def update(self, text: str, share: float) -> None: ...

    def done(self, name: str, facts: str, *, repeated: bool = False) -> None: ...
