"""Access: who a request is from, by its key, its token or its session; kept up to date by a thread of its own."""

import hashlib
import logging
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, cookie_parser

from mainspring.errors import MainspringError
from mainspring.faces.serve.access.issuer import Issuer
from mainspring.faces.serve.access.rates import Rates
from mainspring.faces.serve.access.session import COOKIE, Sessions
from mainspring.faces.serve.access.terms import Terms
from mainspring.faces.serve.problems import Refused
from mainspring.run.access.keys import Keys
from mainspring.run.access.roles import Caller

LOG = logging.getLogger(__name__)
EVERY = 1.0
"""Seconds between two looks at the keys: so long a revoked one may still be let in."""
SOON = 0.1
"""Seconds between two looks for keys that are not known yet: a new one is good at once."""
MOST_TOKENS = 10_000
SAFE = ("GET", "HEAD", "OPTIONS")
CALLER = "caller"


class Access:
    """Knows the callers. :meth:`start` and :meth:`stop` its thread with the gateway."""

    def __init__(self, keys: Keys, terms: Terms) -> None:
        self.terms = terms
        self.rates = Rates(terms.share)
        self._keys = keys
        self.sessions = Sessions(keys.session_secret())
        self._issuer = None if terms.oidc is None else Issuer(terms.oidc)
        self._tokens: dict[bytes, tuple[Caller, float]] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._go, name="mainspring-access")
        self._lock = threading.Lock()
        self._ring = keys.ring()
        self._looked = time.monotonic()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._count()

    def alive(self) -> bool:
        return self._thread.is_alive()

    def known(self, token: str) -> Caller | None:
        """Who shows a key or token that was looked at lately. Never waits; None where :meth:`look` must be asked."""
        if (caller := self._ring.caller(token)) is not None:
            return caller
        found = self._tokens.get(hashlib.sha256(token.encode("latin-1", "replace")).digest())
        return found[0] if found is not None and found[1] > time.time() else None

    def look(self, token: str) -> tuple[Caller, float | None] | None:
        """As :meth:`known`, of new ones too, and until when a token holds; asks the database or the issuer."""
        if token.count(".") == 2 and self._issuer is not None:
            told = self._issuer.caller(token)
            if told is not None:
                if len(self._tokens) >= MOST_TOKENS:
                    self._tokens.clear()
                self._tokens[hashlib.sha256(token.encode("latin-1", "replace")).digest()] = told
            return told
        self.refresh(SOON)
        caller = self._ring.caller(token)
        return None if caller is None else (caller, None)

    def pause(self, token: str) -> float:
        """Seconds to wait before :meth:`look`, so that keys nobody has heard of do not make us ask the database all the time."""
        return max(0.0, SOON - (time.monotonic() - self._looked)) if self._ring.lacks(token) else 0.0

    def in_session(self, scope: Mapping[str, Any], headers: Mapping[str, str]) -> Caller | None:
        """Who began the browser's session.

        Raises:
            Refused: 403, the request changes something and comes from a page that is not ours.
        """
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE)
        caller = None if cookie is None else self.sessions.caller(cookie, self._ring)
        if caller is not None and scope.get("method") not in SAFE and not self.ours(headers):
            raise Refused(
                403, "cross-site", "the request comes from another site's page",
                remedy="programs send Authorization: Bearer KEY instead of the cookie",
            )  # fmt: skip
        return caller

    def ours(self, headers: Mapping[str, str]) -> bool:
        """Whether a page of this gateway asks, or one of an origin that was named."""
        origin = headers.get("origin", "")
        if origin in self.terms.origins and origin:
            return True
        if (site := headers.get("sec-fetch-site")) is not None:
            return site in ("same-origin", "none")
        return bool(origin) and urlsplit(origin).netloc == headers.get("host")

    def refresh(self, older: float = 0.0) -> None:
        """Look at the keys again, where the last look is so many seconds old."""
        with self._lock:
            if time.monotonic() - self._looked < older:
                return
            self._ring = self._keys.ring()
            self.rates.told(dict(self._ring.used))
            self._looked = time.monotonic()

    def _go(self) -> None:
        while not self._stopped.wait(EVERY):
            self._count()
            try:
                self.refresh()
            except MainspringError as error:
                LOG.error("the keys cannot be looked at: %s", error)

    def _count(self) -> None:
        day, more = self.rates.taken()
        try:
            if more:
                self._keys.use(day, more)
        except MainspringError as error:
            LOG.error("what was asked could not be counted: %s", error)


def caller_of(connection: HTTPConnection) -> Caller:
    """Who a request or a websocket is from. The door lets nobody in of whom this is not known.

    Raises:
        Refused: 401, on the few addresses that are open to all.
    """
    caller = connection.scope.get(CALLER)
    if not isinstance(caller, Caller):
        raise unknown()
    return caller


def unknown() -> Refused:
    return Refused(
        401, "who-are-you", "the request shows no valid key",
        remedy="send the header Authorization: Bearer KEY; mainspring keys new NAME --role operator makes one",
        headers={"WWW-Authenticate": "Bearer"},
    )  # fmt: skip


def by(caller: Caller) -> str:
    """How a change says who made it: two keys of one name are two callers."""
    return f"{caller.name} ({caller.id})"
