"""Once: what a caller asked under an idempotency key is done once; sent again, it is answered as the first time."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from mainspring.backends.opening import Backends
from mainspring.backends.store.access.sealed import seal, unseal

SEALS = b"answers that are kept"


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks what, under which key: ``where`` is the method and the address."""

    caller: str
    where: str
    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to do what was asked."""

    id: str
    at: datetime
    secret: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered the first time; ``plain`` are its bytes."""

    status: int
    plain: bytes


class Once:
    """Answers are kept for a day, sealed with the workspace's key and the caller's: the database alone, or the database with the
    workspace's folder, cannot read them. Thread-safe."""

    def __init__(self, backends: Backends) -> None:
        self._answers, self._vault = backends.answers, backends.vault

    def begin(self, asked: Asked) -> Turn | Answered | Literal["other", "busy"]:
        """A turn where it was not asked yet, else its answer; ``other`` where the key stands for another request, ``busy`` while it is
        being answered.

        Raises:
            StoreError: the database cannot be reached.
        """
        secret = _digest(self._vault.key(), SEALS, asked.caller.encode(), asked.where.encode(), asked.key.encode())
        id, told = _digest(secret, b"id").hex(), _digest(secret, b"asked", asked.body).hex()
        at = datetime.now(UTC)
        kept = self._answers.begin(id, told, at)
        if kept is None:
            return Turn(id, at, secret)
        if kept.asked != told:
            return "other"
        if kept.answer is None or kept.status is None:
            return "busy"
        return Answered(kept.status, unseal(secret, kept.answer))

    def keep(self, turn: Turn, answered: Answered) -> None:
        """It was done; this is what its caller is told, now and whenever it is sent again."""
        self._answers.keep(turn.id, turn.at, answered.status, seal(turn.secret, answered.plain))

    def drop(self, turn: Turn) -> None:
        """It was refused: nothing was done, and the key may be used again."""
        self._answers.drop(turn.id, turn.at)


def _digest(key: bytes, *parts: bytes) -> bytes:
    """Of parts that cannot run into one another."""
    return hmac.digest(key, b"".join(hashlib.sha256(part).digest() for part in parts), "sha256")
