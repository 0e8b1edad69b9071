"""Expand: ``${NAME}`` of what is declared, from the environment, when it is used and never before."""

import re
from collections.abc import Mapping

from mainspring.errors import ActRefused

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def expanded(text: str, environment: Mapping[str, str]) -> str:
    """Raises ActRefused where a variable is not set."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise ActRefused(
                f"the environment variable {match[1]} is not set", where="act",
                remedy=f"export {match[1]}=… where mainspring runs, then retry the action",
            )  # fmt: skip
        return environment[match[1]]

    return _VARIABLE.sub(value, text)
