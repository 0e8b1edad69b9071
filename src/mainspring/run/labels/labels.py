"""Labels: the rows whose labels would help most, those whose labels are doubted, and what people say of them."""

import importlib
from collections.abc import Mapping
from typing import Any

from mainspring.backends.opening import Backends
from mainspring.run.kinds import LABELLING
from mainspring.run.labels.given import given, keep


class Labels:
    """Of each automation that learns classes, and whose source has a key."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    def queue(self, name: str, most: int = 20) -> list[dict[str, Any]]:
        """Rows of the source without a label, those first whose label would help most: ``key``, ``guess``, ``chance``, ``columns``.

        The model is least sure of them (the margin between its two likeliest classes, Scheffer, Decomain & Wrobel 2001), and they are of
        all the classes it guesses, in turn.

        Raises:
            NotFound: there is no such automation that learned. SpecError: it has no key, or learns numbers.
        """
        return self._asked().queue(self._backends, name, most)

    def doubtful(self, name: str, version: int | None = None, most: int = 20) -> list[dict[str, Any]]:
        """Training rows whose label may be wrong, the surest first: ``key``, ``label``, ``guess``, ``chance`` (of the guess), ``columns``.

        Told from answers to rows the models had not learned from (confident learning). Rows that were labelled since are left out.

        Raises:
            NotFound, SpecError: as in :meth:`queue`.
        """
        return self._asked().doubtful(self._backends, name, version, most)

    def keep(self, name: str, labels: Mapping[str, str]) -> None:
        """Key → label. They count from the next run on, before what the source says.

        Raises:
            NotFound, SpecError: as in :meth:`queue`.
        """
        self._asked().known(self._backends, name)
        keep(self._backends.lake, name, {key: str(label).strip() for key, label in labels.items()})

    def classes(self, name: str) -> list[str]:
        """The labels that the automation knows, those people gave included."""
        version, _ = self._asked().known(self._backends, name)
        return list(dict.fromkeys([*map(str, version.card.classes), *given(self._backends.lake, name).values()]))

    def _asked(self) -> Any:
        return importlib.import_module(LABELLING)
