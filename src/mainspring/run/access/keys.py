"""Keys: given out, listed, taken back. A key is shown once, when it is made."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from mainspring.automation.units import seconds
from mainspring.backends.opening import Backends
from mainspring.backends.store.access.keys import Key
from mainspring.errors import NotFound, SpecError
from mainspring.run.access.roles import EVERYTHING, Caller, Role, grants_of

PREFIX = "ms"
PERSON = "a person"
SESSIONS = b"sessions of the gateway"


class Keys:
    """Who may ask the gateway, and what. Whoever can open the workspace can make keys."""

    def __init__(self, backends: Backends) -> None:
        self._keys, self._vault = backends.keys, backends.vault

    def new(
        self, name: str, roles: Iterable[str], *, lasts: str | float | None = None, rate: float | None = None,
        quota: int | None = None, by: str = PERSON,
    ) -> dict[str, Any]:  # fmt: skip
        """A new key, in ``key``: it is not kept and cannot be shown again.

        ``roles`` are ``"viewer"`` (of everything) or ``"operator:retention"`` (of one automation; ``topic:NAME`` is a topic). ``lasts``
        is ``"90d"``, or seconds; ``rate`` requests a second; ``quota`` requests a day of UTC.

        Raises:
            SpecError: there is no such role, or no such time; a key without a name or a role; a rate or a quota below zero.
        """
        grants = grants_of(roles)
        if not name.strip() or not grants:
            raise SpecError(
                "a key needs a name and a role", where="key", remedy="mainspring keys new NAME --role viewer"
            )
        if (rate is not None and not 0 < rate < float("inf")) or (quota is not None and quota <= 0):
            raise SpecError("a rate and a quota are more than zero", where="key", remedy="leave them out for no limit")
        id, at = secrets.token_hex(5), datetime.now(UTC)
        text = f"{PREFIX}_{id}_{secrets.token_hex(24)}"
        key = Key(id, name.strip(), hash_of(text), grants, at, by, _expiry(lasts, at), None, rate, quota)
        self._keys.add(key)
        return {"key": text, **_plain(key, at)}

    def list(self) -> "list[dict[str, Any]]":
        """Oldest first: ``id``, ``name``, ``roles``, ``state`` (``valid``, ``expired``, ``revoked``), ``created``, ``by``, ``expires``,
        ``rate``, ``quota``, and ``today``: the requests made."""
        at = datetime.now(UTC)
        used = self._keys.used(day_of(at))
        return [{**_plain(key, at), "today": used.get(key.id, 0)} for key in self._keys.all()]

    def revoke(self, id: str, *, by: str = PERSON) -> dict[str, Any]:
        """Take a key back. Gateways refuse it within two seconds.

        Raises:
            NotFound: there is no such key.
        """
        # A key itself may be handed in too, by whoever finds one where it should not be.
        parts = id.split("_")
        id = parts[1] if len(parts) == 3 and parts[0] == PREFIX else id
        found = {key.id: key for key in self._keys.all()}
        if id not in found:
            raise NotFound("key", id, found)
        self._keys.revoke(id, by=by)
        return next(key for key in self.list() if key["id"] == id)

    def first(self) -> dict[str, Any] | None:
        """A key for everything where there is no valid one yet, else None."""
        at = datetime.now(UTC)
        if any(key.valid(at) and key.grants.get(EVERYTHING) == Role.ADMIN for key in self._keys.all()):
            return None
        return self.new("first", [Role.ADMIN], by="the gateway")

    def ring(self) -> "Ring":
        """The valid keys, as they are now."""
        at = datetime.now(UTC)
        return Ring({key.id: key for key in self._keys.all() if key.valid(at)}, self._keys.used(day_of(at)))

    def use(self, day: str, more: Mapping[str, int]) -> None:
        """Add to what callers have asked on a day."""
        self._keys.use(day, more)

    def session_secret(self) -> bytes:
        """What sessions of browsers are signed with: the same for all processes that share the workspace's folder."""
        return hmac.digest(self._vault.key(), SESSIONS, "sha256")


class Ring:
    """The valid keys of one moment; ``used`` are the requests that callers have made today."""

    def __init__(self, keys: Mapping[str, Key], used: Mapping[str, int]) -> None:
        self._keys = keys
        self._callers: dict[str, Caller] = {}
        self.used = used

    def caller(self, text: str) -> Caller | None:
        """Who shows this key, None where it is none. The time it takes does not tell how much of a key is right."""
        parts = text.split("_")
        key = self._keys.get(parts[1]) if len(parts) == 3 and parts[0] == PREFIX else None
        if key is None or not hmac.compare_digest(key.hash, hash_of(text)):
            return None
        return self.known(key.id)

    def lacks(self, text: str) -> bool:
        """Whether this looks like a key, and none has its id."""
        parts = text.split("_")
        return len(parts) == 3 and parts[0] == PREFIX and parts[1] not in self._keys

    def known(self, id: str) -> Caller | None:
        """The caller whose key has this id, None where it has expired or was revoked."""
        key = self._keys.get(id)
        if key is None or not key.valid(datetime.now(UTC)):
            return None
        caller = self._callers.get(id)
        if caller is None:
            grants = {where: Role(role) for where, role in key.grants.items()}
            caller = self._callers[id] = Caller(key.name, key.id, grants, key.rate, key.quota)
        return caller


def hash_of(text: str) -> str:
    # A key has 192 random bits: there is nothing to guess, so nothing that a slow hash would make slower.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def day_of(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()


def _expiry(lasts: str | float | None, at: datetime) -> datetime | None:
    if lasts is None:
        return None
    try:
        return at + timedelta(seconds=seconds(lasts))
    except (ValueError, OverflowError):
        raise SpecError("that is no time for a key to last", where="expires", remedy="write 12h or 90d") from None


def _plain(key: Key, at: datetime) -> dict[str, Any]:
    state = "revoked" if key.revoked else "valid" if key.valid(at) else "expired"
    roles = [role if where == EVERYTHING else f"{role}:{where}" for where, role in key.grants.items()]
    expires = None if key.expires is None else key.expires.isoformat(timespec="seconds")
    return {
        "id": key.id, "name": key.name, "roles": [str(role) for role in roles], "state": state,
        "created": key.created.isoformat(timespec="seconds"), "by": key.by, "expires": expires,
        "rate": key.rate, "quota": key.quota,
    }  # fmt: skip
