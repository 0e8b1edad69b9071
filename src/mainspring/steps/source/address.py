"""Address: the text that says where the rows are: its scheme, the secrets in it, and how it is shown to people."""

import re
from collections.abc import Mapping

from mainspring.errors import SourceError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PASSWORD = re.compile(r"(?<=://)([^/@:]*):([^@/]*)@")


def scheme(address: str) -> str:
    """The lower-case word before the colon; empty for a path. One letter is a drive of Windows, not a scheme."""
    match = _SCHEME.match(address)
    return match[1].lower() if match else ""


def expanded(address: str, environment: Mapping[str, str]) -> str:
    """``address`` with each ``${NAME}`` taken from the environment.

    Raises:
        SourceError: a variable is not set.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise SourceError(
                f"the environment variable {match[1]} is not set",
                where=shown(address),
                remedy=f"export {match[1]}=… before you run, or write the value into the address",
            )
        return environment[match[1]]

    return _VARIABLE.sub(value, address)


def shown(address: str) -> str:
    """``address`` as it may stand in a message: without password, and without the query part, where tokens travel."""
    return _PASSWORD.sub(r"\1:***@", address).partition("?")[0] if "://" in address else address
