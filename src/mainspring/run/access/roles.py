"""Roles: what a caller may do, by automation. Each role may also do what those before it may."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from mainspring.errors import SpecError, nearest

EVERYTHING = "*"
"""Stands for every automation and topic, those to come included."""


class Role(StrEnum):
    """``viewer`` looks, ``operator`` decides and tells what happened, ``approver`` says which version decides, ``admin`` gives out keys
    and changes what is declared."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        return RANKS[self]


RANKS = {role: rank for rank, role in enumerate(Role)}

Grants = Mapping[str, Role]
"""Automation (or ``topic:NAME``, or ``*``) → role."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: ``name`` for people and the audit, ``id`` of the key or the subject of the token; ``rate`` requests a second and
    ``quota`` requests a day, None for as many as there are."""

    name: str
    id: str
    grants: Grants
    rate: float | None = None
    quota: int | None = None

    def role(self, automation: str = EVERYTHING) -> Role | None:
        """The highest role for an automation; for ``*``, the one that holds everywhere. None where nothing is granted."""
        here, everywhere = self.grants.get(automation), self.grants.get(EVERYTHING)
        if here is None or everywhere is None:
            return here or everywhere
        return max(here, everywhere, key=RANKS.__getitem__)

    def may(self, role: Role | str, automation: str = EVERYTHING) -> bool:
        """Whether the caller has ``role``, or a higher one, for an automation."""
        held = self.role(automation)
        return held is not None and held.rank >= Role(role).rank

    def may_anywhere(self, role: Role | str) -> bool:
        """Whether there is anything at all for which the caller has ``role``, or a higher one."""
        return any(held.rank >= Role(role).rank for held in self.grants.values())


def grants_of(told: Iterable[str]) -> dict[str, Role]:
    """``["viewer", "operator:retention"]`` → ``{"*": viewer, "retention": operator}``; of two for the same, the higher.

    Raises:
        SpecError: there is no such role, or nothing after the colon.
    """
    grants: dict[str, Role] = {}
    for text in told:
        word, colon, where = text.partition(":")
        if word not in list(Role):
            guess = nearest(word, list(Role))
            remedy = f"did you mean {guess!r}?" if guess else f"known: {', '.join(Role)}"
            raise SpecError(f"there is no role {word!r}", where="role", remedy=remedy)
        if colon and not where:
            raise SpecError(f"{text!r} names no automation", where="role", remedy=f"write {word}:NAME, or {word} alone")
        role, where = Role(word), where or EVERYTHING
        if where not in grants or grants[where].rank < role.rank:
            grants[where] = role
    return grants
