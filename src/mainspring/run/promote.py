"""Promote: which version decides, and back again; and a version in the forms that other tools run."""

import importlib
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mainspring.automation import Automation
from mainspring.automation.problems.watching import too_short
from mainspring.automation.watch import Challenger
from mainspring.backends.opening import Backends
from mainspring.backends.store.registry import CHAMPION, ModelVersion
from mainspring.errors import SpecError
from mainspring.run.access.approvals import approve, needed
from mainspring.run.challenge.judge import begin, judge, stop
from mainspring.run.export.version import export
from mainspring.run.feedback.alternatives import what_if
from mainspring.run.flows import promotion
from mainspring.run.kinds import REPEAT, RETRAIN
from mainspring.run.place import surroundings
from mainspring.run.progress import RunProgress, Silent

BY = "a person"


class Models:
    """The versions of each automation's model."""

    def __init__(
        self, backends: Backends, changed: Callable[[], None], ended: Callable[[str, Mapping[str, Any]], None]
    ) -> None:
        """``changed`` is called whenever another version may decide, ``ended`` with the kind and the result of a flow that ended."""
        self._backends, self._ended = backends, ended
        self._registry = backends.registry
        self._changed = changed

    def list(self, name: str) -> "list[ModelVersion]":
        """Oldest first; empty where nothing was learned."""
        return self._registry.versions(name)

    def promote(self, name: str, version: int, why: str = "", by: str = BY) -> dict[str, Any]:
        """From now on ``version`` decides; where the declaration asks for several ``watch.approvals``, as soon as so many people,
        told apart by ``by``, have said so.

        Returns whether it is ``champion``, how many people are ``needed``, and ``approved_by`` whom.

        Raises:
            NotFound: there is no such version. Tampered: its files were changed.
        """
        self._registry.get(name, version)
        wanted = needed(self._backends, name)
        people = [by] if wanted == 1 else approve(self._backends, name, version, by=by, why=why)
        enough = len(people) >= wanted
        if enough:
            told = {"version": version, "by": ", ".join(people), "why": why}
            task = promotion.begin(self._backends, name, told, uuid.uuid4().hex)
            self._backends.flows.open().carry_out(task, promotion.carrier(self._backends, Silent()))
            self._changed()
        return {"automation": name, "version": version, "champion": enough, "needed": wanted, "approved_by": people}

    def rollback(self, name: str, why: str = "", by: str = BY) -> ModelVersion:
        """The champion before this one decides again."""
        before = self._registry.rollback(name, by=by, why=why)
        self._changed()
        return before

    def what_if(self, name: str, *, version: int | None = None, threshold: float | None = None) -> dict[str, Any]:
        """What another version, or another threshold, would have earned with the decisions whose outcomes count.

        ``by_chance`` rests on decisions made at random (``decide.explore``), ``by_truth`` on the assumption that acting does not
        change what turns out to be true; each a gain a decision with a 95 % interval, or None where it cannot be told.

        Raises:
            NotFound: there is no such version. SpecError: no such threshold. DecideError: nothing has an outcome yet.
        """
        return what_if(self._backends, name, version=version, threshold=threshold)

    def repeat(self, name: str, version: int | None = None, progress: RunProgress | None = None) -> dict[str, Any]:
        """Learn a version, by default the champion, again from its record: the same rows, the same fits with the same work. Nothing is
        registered or replaced.

        Returns ``same`` (``bytes``; ``answers``: to 1e-9; or ``no``), the largest ``difference`` of its answers to the ``rows`` it learned
        from (of numbers: as a share of the largest), what else ``differs`` (libraries, machine), how many ``fits``, the ``seconds``.

        Raises:
            NotFound: there is no such version, or it has no record. Tampered, StoreError: the record or the rows are gone or others.
            Busy: another process runs this automation. LearnError: this release learns in another way than that of the record.
        """
        module, _, function = REPEAT.partition(":")
        again = getattr(importlib.import_module(module), function)
        return again(self._backends, self._registry.get(name, version or CHAMPION), progress or Silent())

    def retrain(
        self, name: str, budget: str | float | None = None, progress: RunProgress | None = None, why: str = ""
    ) -> dict[str, Any]:
        """Learn the automation anew, warm: what is new at the source and the outcomes that count, beginning with what did well before.
        Both versions are held against the newest rows that neither was trained on; the new one decides as ``watch.retrain.promote``
        says. An interrupted retraining goes on where it was.

        Returns ``version``, whether it is ``champion``, the ``decision`` (``promote``, ``challenge``, ``ask``, ``reject``) and ``why``,
        the ``comparison``, ``rows`` by where they came from, the ``window`` that was learned from, ``metrics``, ``report``.

        Raises:
            NotFound: there is no such automation, or nothing was learned. SpecError: no such budget.
            QualityError: there is no row that the deciding version was not trained on. Busy: another process runs this automation.
            SourceError, LearnError, StoreError: of the step that failed.
        """
        module, _, function = RETRAIN.partition(":")
        anew = getattr(importlib.import_module(module), function)
        around = surroundings(self._backends, Path.cwd())
        try:
            made = anew(self._backends, name, around, progress or Silent(), budget=budget, why=why)
            self._ended("retrain", made)
            return made
        finally:
            self._changed()

    def challenge(
        self, name: str, version: int, terms: Mapping[str, Any] | None = None, why: str = ""
    ) -> dict[str, Any]:
        """Let ``version`` decide beside the champion until the evidence says which of them earns more; then it is promoted, or goes.

        ``terms`` are ``mode`` (``shadow`` or ``canary``), ``share``, ``at_least``, ``within`` and ``decisions``, by default as declared
        under ``watch.challenger``. At its limit it ends undecided, and the champion stays. One that is running is replaced.

        Raises:
            NotFound: there is no such version.
            SpecError: it is the champion, answers another question, has no gains to be compared by; or a term is wrong, or nothing
            can be known within it.
        """
        challenge = begin(self._backends, name, version, self._terms(name, terms or {}), by=BY, why=why)
        self._changed()
        return challenge.to_dict()

    def end_challenge(self, name: str, why: str = "") -> dict[str, Any] | None:
        """The champion stays, the challenger goes; None where none is running."""
        ended = stop(self._backends, name, by=BY, why=why)
        self._changed()
        return None if ended is None else ended.to_dict()

    def judge(self, name: str, at: datetime | None = None) -> str | None:
        """Look at the running challenge now, or as if it were ``at``: ``promoted``, ``rejected`` or, at its limit, ``undecided`` when that
        ends it, else None. Feedback does so by itself, and the gateway each minute.
        """
        state = judge(self._backends, name, at=at)
        if state is not None:
            self._changed()
        return state

    def changes(self, name: str, limit: int = 100) -> "list[dict[str, Any]]":
        """Who registered, promoted, challenged and rolled back what, when and why; newest first."""
        return self._backends.audit.recent(name, limit)

    def _terms(self, name: str, terms: Mapping[str, Any]) -> Challenger:
        declared = Automation.model_validate(self._registry.get(name).facts["declaration"])
        usual = declared.watch.challenger or Challenger()
        try:
            given = Challenger.model_validate({**usual.model_dump(), **terms})
        except ValidationError as error:
            first = error.errors()[0]
            raise SpecError(first["msg"].removeprefix("Value error, "), where=str(first["loc"][0])) from None
        if (short := too_short(declared.decide, given)) is not None:
            raise SpecError(short[0], where="within", remedy=short[1])
        return given

    def export(self, name: str, path: str | Path, form: str = "onnx", version: int | None = None) -> dict[str, object]:
        """Write a version, by default the champion, as one ``onnx`` file or an ``mlflow`` folder, checked against the model itself.

        Returns ``automation``, ``version``, ``form``, ``path`` and ``difference``, the greatest between the two's answers.

        Raises:
            NotFound: there is no such version. MissingExtra: ``mainspring[onnx]`` or ``mainspring[mlflow]`` is not installed.
            ExportError: a part cannot be exported (it is named) or the answers differ; then nothing is written.
        """
        return export(self._backends, self._registry.get(name, version or CHAMPION), Path(path), form)
