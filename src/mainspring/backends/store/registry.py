"""Registry: the versions of each automation's model, and which of them counts."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select

from mainspring.backends.store.audit import enter
from mainspring.backends.store.database import Database
from mainspring.backends.store.json_text import from_text, to_text
from mainspring.backends.store.locks import as_store_error
from mainspring.backends.store.tables import AUDIT, MODELS, PROMOTIONS, now
from mainspring.errors import NotFound, NothingBefore
from mainspring.model import ModelCard, card_dict

CHAMPION = "champion"
CHALLENGER = "challenger"


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A registered model. ``facts`` say where it comes from (data and code version, limits, policy …), ``hash`` is what
    :func:`mainspring.model.open_model` expects of ``folder``.
    """

    automation: str
    version: int
    created: datetime
    run_id: str
    card: ModelCard
    facts: Mapping[str, Any]
    aliases: tuple[str, ...]
    folder: Path
    hash: str

    @property
    def metrics(self) -> Mapping[str, float]:
        return self.card.metrics

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""
        plain = {name: getattr(self, name) for name in ("automation", "version", "run_id", "hash")}
        plain |= {"created": self.created.isoformat(), "aliases": list(self.aliases), "folder": str(self.folder)}
        return {**plain, "metrics": dict(self.metrics), "facts": dict(self.facts), "card": card_dict(self.card)}


class Registry:
    """Records in the database, files in ``folder/<automation>/<version>``."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self.folder = folder

    def add(self, automation: str, build_folder: Path, *, card: ModelCard, facts: Mapping[str, Any]) -> int:
        """Register the sealed model in ``build_folder`` and take its files over. Returns its version.

        ``facts`` must have ``run_id`` and ``model_hash``. Adding what a run has already added changes nothing and answers the
        same version. Nobody ever sees a version without its files.

        Raises:
            StoreError: the files cannot be taken over.
        """
        run_id, digest = str(facts["run_id"]), str(facts["model_hash"])
        known = and_(MODELS.c.automation == automation, MODELS.c.run_id == run_id)
        with self._database.writing(f"models:{automation}") as connection:
            version = connection.scalar(select(MODELS.c.version).where(known))
            if version is None:
                here = MODELS.c.automation == automation
                version = (connection.scalar(select(func.max(MODELS.c.version)).where(here)) or 0) + 1
                _take_over(build_folder, self.folder / automation / str(version))
                row = {"automation": automation, "version": version, "run_id": run_id, "hash": digest}
                row |= {"created": now(), "card": card.to_json(), "facts": to_text(facts)}
                connection.execute(MODELS.insert(), [row])
                enter(connection, automation, "registered", by=f"run {run_id}", facts={"version": version})
        shutil.rmtree(build_folder, ignore_errors=True)
        return version

    def versions(self, automation: str) -> list[ModelVersion]:
        """Oldest first."""
        query = select(MODELS).where(MODELS.c.automation == automation).order_by(MODELS.c.version)
        with self._database.reading() as connection:
            aliases = _aliases(connection, automation)
            return [self._version(row, aliases) for row in connection.execute(query).mappings()]

    def has(self, automation: str) -> bool:
        return automation in self.automations()

    def automations(self) -> list[str]:
        """Those that have a version."""
        with self._database.reading() as connection:
            return list(connection.scalars(select(MODELS.c.automation).distinct().order_by(MODELS.c.automation)))

    def get(self, automation: str, which: int | str = CHAMPION) -> ModelVersion:
        """A version by its number or by an alias.

        Raises:
            NotFound: there is none; the message names those there are.
        """
        with self._database.reading() as connection:
            aliases = _aliases(connection, automation)
            version = aliases.get(which) if isinstance(which, str) else which
            here = and_(MODELS.c.automation == automation, MODELS.c.version == version)
            row = connection.execute(select(MODELS).where(here)).mappings().first()
            if row is None:
                raise _unknown(connection, automation, which, aliases)
        return self._version(row, aliases)

    def standing(self, automation: str) -> int | None:
        """The champion's version, or None where there is none. Cheap: to be asked before every decision."""
        query = _standing(automation, PROMOTIONS.c.alias == CHAMPION).with_only_columns(PROMOTIONS.c.version)
        with self._database.reading() as connection:
            return next(iter(connection.scalars(query.order_by(None).order_by(PROMOTIONS.c.id.desc()).limit(1))), None)

    def promote(self, automation: str, version: int, *, alias: str = CHAMPION, by: str, why: str = "") -> None:
        """From now on ``alias`` means ``version``. Saying it again changes nothing.

        Raises:
            NotFound: there is no such version.
        """
        with self._database.writing(f"models:{automation}") as connection:
            aliases = _aliases(connection, automation)
            here = and_(MODELS.c.automation == automation, MODELS.c.version == version)
            if connection.scalar(select(MODELS.c.version).where(here)) is None:
                raise _unknown(connection, automation, version, aliases)
            if aliases.get(alias) == version:
                return
            row = {"automation": automation, "alias": alias, "version": version, "at": now()}
            connection.execute(PROMOTIONS.insert(), [row])
            facts = {"alias": alias, "version": version, "before": aliases.get(alias), "why": why}
            enter(connection, automation, "promoted", by=by, facts=facts)

    def reject(self, automation: str, version: int, *, by: str, why: str, evidence: Any = None) -> None:
        """Note in the audit journal that ``version`` was not promoted, and why. Saying it again, by the same, changes nothing.

        Raises:
            NotFound: there is no such version.
        """
        self.get(automation, version)
        with self._database.writing(f"models:{automation}") as connection:
            here = and_(AUDIT.c.automation == automation, AUDIT.c.what == "rejected", AUDIT.c.by == by)
            told = (from_text(text) for text in connection.scalars(select(AUDIT.c.facts).where(here)))
            if all(facts["version"] != version for facts in told):
                facts = {"version": version, "why": why, "evidence": evidence}
                enter(connection, automation, "rejected", by=by, facts=facts)

    def rollback(self, automation: str, *, by: str, why: str = "") -> ModelVersion:
        """The champion before this one is champion again. Doing it again goes back further.

        Raises:
            NothingBefore: there was none before.
        """
        with self._database.writing(f"models:{automation}") as connection:
            rows = connection.execute(_standing(automation, PROMOTIONS.c.alias == CHAMPION)).mappings().all()
            if len(rows) < 2:
                raise _nothing_before(automation)
            last, before = rows[-1], rows[-2]
            connection.execute(PROMOTIONS.update().where(PROMOTIONS.c.id == last["id"]).values(undone=now()))
            facts = {"alias": CHAMPION, "version": before["version"], "before": last["version"], "why": why}
            enter(connection, automation, "rolled back", by=by, facts=facts)
        return self.get(automation)

    def _version(self, row: Mapping[Any, Any], aliases: Mapping[str, int]) -> ModelVersion:
        automation, version = row["automation"], row["version"]
        return ModelVersion(
            automation,
            version,
            row["created"],
            row["run_id"],
            ModelCard.from_json(row["card"]),
            from_text(row["facts"]),
            tuple(sorted(alias for alias, meant in aliases.items() if meant == version)),
            self.folder / automation / str(version),
            row["hash"],
        )


def _standing(automation: str, *more: ColumnElement[bool]) -> Any:
    here = (PROMOTIONS.c.automation == automation, PROMOTIONS.c.undone.is_(None), *more)
    return select(PROMOTIONS).where(*here).order_by(PROMOTIONS.c.id)


def _aliases(connection: Connection, automation: str) -> dict[str, int]:
    rows = connection.execute(_standing(automation)).mappings()
    return {row["alias"]: row["version"] for row in rows}


def _unknown(connection: Connection, automation: str, which: int | str, aliases: Iterable[str]) -> NotFound:
    numbers = select(MODELS.c.version).where(MODELS.c.automation == automation).order_by(MODELS.c.version.desc())
    known = [*aliases, *(str(number) for number in connection.scalars(numbers))]
    if not known:
        automations = connection.scalars(select(MODELS.c.automation).distinct())
        return NotFound("model of", automation, automations)
    return NotFound(f"version of {automation!r}", str(which), known)


def _nothing_before(automation: str) -> NothingBefore:
    return NothingBefore(
        "there is no earlier champion to go back to", where=automation, remedy="promote the version you want"
    )


def _take_over(build: Path, place: Path) -> None:
    """Copy, then rename: a folder at ``place`` is whole. One that is there already is of a run killed before its record."""
    draft = place.with_name(f".{place.name}.incoming")
    try:
        for leftover in (draft, place):
            if leftover.exists():
                shutil.rmtree(leftover)
        shutil.copytree(build, draft)
        draft.replace(place)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise as_store_error(error, str(place)) from error
