"""Issuer: callers from the tokens (JWT) of an OpenID Connect provider."""

import json
import logging
import threading
import time
import urllib.request
from collections.abc import Mapping
from typing import Any, cast

import jwt

from mainspring.errors import ServeError, SpecError
from mainspring.faces.serve.access.terms import Oidc
from mainspring.run.access.roles import Caller, grants_of

LOG = logging.getLogger(__name__)
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
"""Signatures with a private key only: with HMAC the issuer's public key would be the secret."""
LEEWAY = 30.0
FRESH = 600.0
SELDOM = 10.0
"""Seconds between two looks at the issuer's keys: a token that names an unknown key must not let anyone drive us to ask it all the time."""
PATIENCE = 5.0
LARGEST = 1_000_000


class Issuer:
    """Answers who shows a token. Blocks while it asks the issuer for its keys: once in a while, and where a key is new."""

    def __init__(self, oidc: Oidc) -> None:
        self._oidc = oidc
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._asked = float("-inf")
        self._lock = threading.Lock()

    def caller(self, token: str) -> tuple[Caller, float] | None:
        """Who shows the token, and until when (seconds since 1970); None where it is not the issuer's, not for us, or over.

        Raises:
            ServeError: the issuer's keys cannot be had.
        """
        try:
            header = jwt.get_unverified_header(token)
            key = self._key(str(header.get("kid", "")))
            if key is None or header.get("alg") not in ALGORITHMS:
                return None
            told = jwt.decode(
                token, key, ALGORITHMS, audience=self._oidc.audience, issuer=self._oidc.issuer, leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )  # fmt: skip
        except (jwt.PyJWTError, ValueError, TypeError):
            return None
        return self._told(told), float(told["exp"])

    def _told(self, told: Mapping[str, Any]) -> Caller:
        claim = told.get(self._oidc.claim)
        listed = cast("list[object]", claim) if isinstance(claim, list) else str(claim or "").split()
        texts = [str(one) for one in listed]
        grants: dict[str, Any] = {}
        for text in texts:
            try:
                grants |= grants_of([*(f"{role}:{where}" for where, role in grants.items()), text])
            except SpecError:
                continue  # the claim may hold words of other systems
        subject = str(told["sub"])
        return Caller(str(told.get("preferred_username") or told.get("email") or subject), f"oidc:{subject}", grants)

    def _key(self, id: str) -> jwt.PyJWK | None:
        with self._lock:
            since = time.monotonic() - self._asked
            if since > FRESH or (id not in self._keys and since > SELDOM):
                self._asked = time.monotonic()
                self._look()
            return self._keys.get(id)

    def _look(self) -> None:
        try:
            address = (
                self._oidc.keys
                or _read(f"{self._oidc.issuer.rstrip('/')}/.well-known/openid-configuration")["jwks_uri"]
            )
            told = jwt.PyJWKSet.from_dict(_read(address))
        except (OSError, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
            LOG.error("the keys of %s cannot be had: %s", self._oidc.issuer, type(error).__name__)
            if not self._keys:
                raise ServeError("the issuer's keys cannot be had", where=self._oidc.issuer) from None
            return
        self._keys = {key.key_id or "": key for key in told.keys}


def _read(address: str) -> Any:
    if not address.startswith(("https://", "http://")):
        raise ValueError("no address of the web")
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
        return json.loads(answer.read(LARGEST))
