"""Blueprint: a declaration with its data, copied into a folder to be changed there."""

from collections.abc import Mapping
from pathlib import Path

from mainspring.errors import SpecError, nearest

HERE = Path(__file__).parent
BLUEPRINTS: Mapping[str, str] = {
    "sentiment": "Which mood a review is in, English and Chinese; the unhappy ones are written to a table for somebody to answer.",
    "intent": "What a customer's message is about, English and Chinese; each goes to who can help, the unsure ones to a person.",
    "ner": "Which persons, companies and places notes speak of, English; those that name a person go to somebody who checks them.",
}
"""Name → what it does. Its files are in the folder of that name."""


def write(name: str, folder: Path) -> list[Path]:
    """Copy the files of a blueprint into ``folder``, which is made where it is not there; the declaration comes first.

    Raises:
        SpecError: there is no such blueprint (the nearest is named), a file of its is there already, or cannot be written.
    """
    if name not in BLUEPRINTS:
        guess = nearest(name, BLUEPRINTS)
        remedy = f"did you mean {guess!r}?" if guess else f"known: {', '.join(BLUEPRINTS)}"
        raise SpecError(f"there is no blueprint {name!r}", remedy=remedy)
    files = sorted((HERE / name).iterdir(), key=lambda path: (path.suffix != ".yaml", path.name))
    made = [folder / path.name for path in files]
    if there := [path for path in made if path.exists()]:
        raise SpecError("there is something already", where=str(there[0]), remedy="name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, copy in zip(files, made, strict=True):
            copy.write_bytes(path.read_bytes())
    except OSError as error:
        raise SpecError(
            f"it cannot be written: {error.strerror}", where=str(folder), remedy="name another folder"
        ) from error
    return made
