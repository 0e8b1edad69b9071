"""Child: a run in a process of its own, which tells on its standard output, a line of JSON each, how it goes on."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.automation import Automation
from mainspring.errors import MainspringError
from mainspring.workspace import Workspace


class Lines:
    """A RunProgress that tells another process."""

    def step(self, name: str, about: str) -> None:
        _tell({"step": name, "about": about})

    def update(self, text: str, share: float) -> None:
        _tell({"text": text, "share": share})

    def standings(self, lines: Sequence[Mapping[str, Any]]) -> None:
        _tell({"standings": [dict(line) for line in lines]})

    def done(self, name: str, facts: str, *, repeated: bool = False) -> None:
        _tell({"done": name, "facts": facts, "repeated": repeated})


def _tell(what: Mapping[str, Any]) -> None:
    print(json.dumps(what, default=str), flush=True)


def main(place: str, file: str) -> int:
    """Run the declaration in ``file``; what it came to, or what went wrong, is the last line."""
    try:
        with Workspace(place) as workspace:
            # Not by its path: its files are named from the folder this process was begun in.
            result = workspace.run(Automation.from_file(file), progress=Lines())
    except MainspringError as error:
        _tell(
            {"error": error.what, "remedy": error.remedy, "problems": [str(p) for p in getattr(error, "problems", ())]}
        )
        return 2 if error.fault == "user" else 1
    _tell({"result": result.to_dict()})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
