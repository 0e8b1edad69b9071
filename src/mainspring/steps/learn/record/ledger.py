"""Ledger: what a search did by the clock and by measuring. A search that follows one does the same again, whatever the clock says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar, cast

from mainspring.errors import LearnError
from mainspring.steps.learn.learner import Work

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fit:
    """A candidate on the training rows of a ``fold``: the ``learner`` in plain values (None: of no kind that is known here), its
    ``work``, what early stopping found (``tuned``), and what was measured: ``seconds``, ``latency_ms``, ``hurried``, ``memory``,
    ``again``."""

    candidate: str
    learner: Mapping[str, Any] | None
    fold: int
    work: Work
    tuned: Mapping[str, float]
    measured: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return {
            "candidate": self.candidate, "learner": self.learner, "fold": self.fold, "work": self.work.to_dict(),
            "tuned": dict(self.tuned), "measured": dict(self.measured),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError where it is not what :meth:`to_dict` writes."""
        learner, measured = plain["learner"], plain["measured"]
        if not (isinstance(learner, dict) and isinstance(measured, dict)):
            raise TypeError("a fit has no learner, or nothing was measured of it")
        latency = {name: float(measured["latency_ms"][name]) for name in ("p50", "p95")}
        known = {
            "seconds": float(measured["seconds"]), "latency_ms": latency, "hurried": bool(measured["hurried"]),
            "memory": int(measured["memory"]), "again": None if (again := measured.get("again")) is None else float(again),
        }  # fmt: skip
        tuned = {str(name): float(value) for name, value in plain["tuned"].items()}
        learner = cast(Mapping[str, Any], learner)
        return cls(str(plain["candidate"]), learner, int(plain["fold"]), Work.from_dict(plain["work"]), tuned, known)


@dataclass
class Ledger:
    """``fits`` are on the folds, in the order of the candidates; ``told`` has what was settled or measured elsewhere, by name: plain
    values. ``followed`` is the ledger of the search that is done again, None where the clock decides."""

    fits: list[Fit] = field(default_factory=list[Fit])
    told: dict[str, Any] = field(default_factory=dict[str, Any])
    followed: "Ledger | None" = None
    _asked: dict[str, int] = field(default_factory=dict[str, int], repr=False)

    def tell(self, name: str, measure: Callable[[], T]) -> T:
        """What ``measure`` says, or said then. Asked under one name several times, each time is a thing by itself.

        Raises:
            LearnError: the search that is followed did not ask so often.
        """
        number = self._asked[name] = self._asked.get(name, 0) + 1
        key = f"{name} {number}"
        value = measure() if self.followed is None else self.followed.known(key)
        self.told[key] = value
        return value

    def note(self, name: str, value: Any) -> None:
        """Of what is known only afterwards; the last word counts."""
        self.told[name] = value

    def known(self, name: str) -> Any:
        """Raises LearnError: nothing was told under that name."""
        if name not in self.told:
            raise LearnError(
                f"the record does not say {name!r}: this release learns in another way than the one that wrote it",
                where="record", remedy="repeat with the release that is named in the record",
            )  # fmt: skip
        return self.told[name]

    def to_dict(self) -> dict[str, Any]:
        return {"fits": [fit.to_dict() for fit in self.fits], "told": self.told}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError where it is not what :meth:`to_dict` writes."""
        fits: Sequence[Mapping[str, Any]] = plain["fits"]
        return cls([Fit.from_dict(fit) for fit in fits], dict(plain["told"]))
