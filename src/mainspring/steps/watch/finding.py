"""Finding: one thing that watching found, in words, with its figures. What is done about it is not its business."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Self

Severity = Literal["info", "warning", "critical"]
Kind = Literal["quality", "drift", "performance", "service", "challenge"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")


@dataclass(frozen=True, slots=True)
class Finding:
    """``kind`` and ``subject`` say what it is about, the same each time it is found again; ``what`` is a sentence for people.

    ``info`` is worth knowing, ``warning`` worth acting upon, ``critical`` at once. ``columns`` are those it is about, worst first.
    """

    kind: Kind
    subject: str
    what: str
    severity: Severity = "warning"
    columns: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def mark(self) -> str:
        return f"{self.kind}:{self.subject}"

    def weighed(self, severity: Severity, why: str, **facts: Any) -> Self:
        """The same finding as something else made it out to be, which is added to its words."""
        return replace(self, severity=severity, what=f"{self.what}; {why}", facts={**self.facts, **facts})

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "columns": list(self.columns), "facts": dict(self.facts)}


def named(columns: Sequence[str], most: int = 5) -> str:
    """Columns in a sentence."""
    rest = len(columns) - most
    return ", ".join(columns[:most]) + (f" and {rest} more" if rest > 0 else "")
