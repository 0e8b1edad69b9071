"""Given: labels by people, kept in the lake's ``<automation>.labels`` beside the rows they belong to, by the key of these."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pyarrow as pa

from mainspring.automation import Automation
from mainspring.backends.store.lake import Lake
from mainspring.errors import QualityError, SpecError
from mainspring.measure.values.words import plain_text


def labels_table(name: str) -> str:
    return f"{name}.labels"


def keep(lake: Lake, name: str, labels: Mapping[str, str]) -> None:
    """Key → label; a later one takes the place of an earlier one."""
    now = datetime.now(UTC)
    rows = pa.table({
        "key": pa.array(list(labels), pa.string()), "label": pa.array(list(labels.values()), pa.string()),
        "at": pa.array([now] * len(labels), pa.timestamp("us", "UTC")),
    })  # fmt: skip
    lake.write(labels_table(name), rows)


def given(lake: Lake, name: str) -> dict[str, str]:
    """Key → the newest label."""
    if not lake.exists(labels_table(name)):
        return {}
    rows = lake.read(labels_table(name)).sort_by("at")
    return dict(zip(rows["key"].to_pylist(), rows["label"].to_pylist(), strict=True))


def labelled(automation: Automation, lake: Lake, raw: pa.Table) -> pa.Table:
    """Raw rows with the labels that people gave in place of what the source says, or does not say.

    Raises:
        QualityError: a label cannot be a value of the target.
    """
    learn, key = automation.learn, automation.source.key
    if learn is None or key not in raw.column_names or learn.target not in raw.column_names:
        return raw
    known = given(lake, automation.name)
    if not known:
        return raw
    field = raw.schema.field(learn.target)
    kind = pa.string() if pa.types.is_null(field.type) else field.type
    told = [known.get(plain_text(one) or "") for one in raw.column(key).to_pylist()]
    try:
        labels = pa.array(told, pa.string()).cast(kind)
    except pa.ArrowException as error:
        raise QualityError(
            f"a label is no {kind}, as the others in {learn.target!r} are", where=labels_table(automation.name),
            remedy="label the row again with a value of the same kind",
        ) from error  # fmt: skip
    column = pa.chunked_array([labels]).fill_null(pa.scalar(None, kind)).combine_chunks()
    own = raw.column(learn.target).cast(kind).combine_chunks()
    merged = pa.compute.coalesce(column, own)
    return raw.set_column(raw.column_names.index(learn.target), pa.field(learn.target, kind), merged)


def refuse_without_key(automation: Automation) -> str:
    """The key of the rows. Raises SpecError: none is declared, so that a label could not be told to belong to a row."""
    if automation.source.key is None:
        raise SpecError(
            "labels belong to rows by their key, and none is declared", where="source.key",
            remedy="declare source.key: the column that tells rows apart, and run again",
        )  # fmt: skip
    return automation.source.key
