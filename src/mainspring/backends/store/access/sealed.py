"""Sealed: bytes that only whoever has the key can read, or change unnoticed (AES-256-GCM, NIST SP 800-38D)."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mainspring.errors import Tampered

NONCE = 12


def seal(key: bytes, plain: bytes) -> bytes:
    """``key`` is 32 bytes."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, None)


def unseal(key: bytes, sealed: bytes) -> bytes:
    """Raises Tampered where it was sealed with another key, or changed."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], None)
    except InvalidTag:
        raise Tampered("a kept answer cannot be read", where="database") from None
