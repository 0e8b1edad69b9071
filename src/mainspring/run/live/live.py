"""Live: decides and predicts for many who ask at once, together."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from mainspring.backends.store.decisions import Decisions
from mainspring.backends.store.journal.row import decision_of
from mainspring.decision import Decision
from mainspring.errors import BadRecord

Record = Mapping[str, Any]
Row = dict[str, Any]


class Each(Protocol):
    def __call__(
        self, name: str, records: Sequence[Record], occasion: str | Sequence[str], *, reasons: bool, durable: bool
    ) -> list[Row | BadRecord]: ...


class Predict(Protocol):
    def __call__(self, name: str, records: Sequence[Record]) -> list[Row | BadRecord]: ...


class Live:
    """What a server asks: plain rows instead of tables, and nobody's record spoils another's."""

    def __init__(self, each: Each, predict: Predict, open_all: Callable[[], list[str]], decisions: Decisions) -> None:
        self._each, self._predict, self._open_all, self._decisions = each, predict, open_all, decisions

    def open_all(self) -> list[str]:
        """The names of the automations, each open from here on, and its model ready: nobody's first question waits for it.

        Raises:
            StoreError: the database cannot be reached. Tampered: a model is not as it was registered.
        """
        return self._open_all()

    def decide(
        self, name: str, records: Sequence[Record], occasion: str | Sequence[str] = "", *, reasons: bool = True, durable: bool = True
    ) -> list[Row | BadRecord]:  # fmt: skip
        """A row a record, in order, as :meth:`Workspace.decide` answers them, or what is wrong with the record. All is recorded, in
        one transaction, before any is answered. ``occasion`` is that of all, or one a record.

        Not ``durable``: it is answered first and recorded within moments; a process that is killed in between loses it, its actions
        with it. Where windows or a capacity are declared, it is recorded first all the same.

        Raises:
            NotFound: there is no such automation. StoreError: nothing was recorded.
        """
        return self._each(name, records, occasion, reasons=reasons, durable=durable)

    def predict(self, name: str, records: Sequence[Record]) -> list[Row | BadRecord]:
        """A row a record, in order, as ``Workspace.predict(…, strict=True)`` answers them, or what is wrong with the record.

        Raises:
            NotFound: there is no such automation, or it has no model.
        """
        return self._predict(name, records)

    def page(
        self, name: str, limit: int, *, before: int | None = None, key: str | None = None, action: str | None = None
    ) -> list[Row]:
        """The decisions that were made, newest first, those before a ``number`` of the journal: ``number``, ``decision``, ``key``,
        ``action``, ``prediction``, ``gain``, ``model_version``, ``occasion``, ``at``.
        """
        found = self._decisions.page(name, limit, before=before, key=key, action=action)
        return [_made(number, decision) for number, decision in found]

    def after(self, name: str, number: int, limit: int) -> list[Row]:
        """As :meth:`page`, those after a number, oldest first."""
        rows = self._decisions.after(name, number, limit)
        return [_made(row["number"], decision_of(row)) for row in rows]

    def newest(self, name: str) -> int:
        """The number of the newest decision, 0 without any."""
        found = self._decisions.page(name, 1)
        return found[0][0] if found else 0


def _made(number: int, decision: Decision) -> Row:
    return {
        "number": number, "decision": decision.id, "key": decision.key, "action": decision.action, "prediction": decision.prediction,
        "gain": decision.gain, "model_version": decision.model_version, "occasion": decision.occasion, "at": decision.at,
    }  # fmt: skip
