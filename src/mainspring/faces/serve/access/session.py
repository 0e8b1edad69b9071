"""Session: a browser that has shown a key or a token once, remembered in a signed cookie. The server keeps nothing of it."""

import base64
import hmac
import time
from typing import Any

import orjson

from mainspring.run.access.keys import Ring
from mainspring.run.access.roles import Caller, Role

COOKIE = "mainspring"
LASTS = 12 * 3600.0
LONGEST = 4000


class Sessions:
    """Makes and reads sessions. One that began with a key ends when the key does."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def begin(self, caller: Caller, until: float | None = None) -> tuple[str, float]:
        """The cookie's value, and when it ends (seconds since 1970): after twelve hours, or at ``until`` if that is earlier."""
        ends = min(time.time() + LASTS, until or float("inf"))
        told: dict[str, Any] = {"id": caller.id, "ends": ends}
        if until is not None:
            told |= {"name": caller.name, "grants": dict(caller.grants)}
        plain = base64.urlsafe_b64encode(orjson.dumps(told)).rstrip(b"=")
        return f"{plain.decode()}.{self._sign(plain)}", ends

    def caller(self, value: str, ring: Ring) -> Caller | None:
        """Who began the session, None where it is not ours or over."""
        plain, _, signature = value.partition(".")
        if (
            len(value) > LONGEST
            or not value.isascii()
            or not hmac.compare_digest(signature, self._sign(plain.encode()))
        ):
            return None
        told = orjson.loads(base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4)))
        if told["ends"] < time.time():
            return None
        if "grants" not in told:
            return ring.known(told["id"])
        return Caller(told["name"], told["id"], {where: Role(role) for where, role in told["grants"].items()})

    def _sign(self, plain: bytes) -> str:
        return hmac.digest(self._secret, plain, "sha256").hex()
