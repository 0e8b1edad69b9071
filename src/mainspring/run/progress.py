"""Progress: what a run tells whoever watches it."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class RunProgress(Protocol):
    def step(self, name: str, about: str) -> None:
        """A step begins."""
        ...

    def update(self, text: str, share: float) -> None:
        """Within the step: what is being done, and what share (0 to 1) of it is done."""
        ...

    def standings(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """The leaderboard as it is, the best first: ``name``, ``score`` (None: not yet), ``seconds``, ``folds_done``, ``folds``,
        ``state`` (waiting, learning, done, left out), ``why_not``."""
        ...

    def done(self, name: str, facts: str, *, repeated: bool = False) -> None:
        """A step is finished. ``repeated`` says that an earlier, interrupted run had already finished it."""
        ...


class Silent:
    """Tells nobody."""

    def step(self, name: str, about: str) -> None: ...

    def update(self, text: str, share: float) -> None: ...

    def standings(self, lines: Sequence[Mapping[str, Any]]) -> None: ...

    def done(self, name: str, facts: str, *, repeated: bool = False) -> None: ...
