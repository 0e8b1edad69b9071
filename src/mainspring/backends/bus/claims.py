"""Claims: which part of a topic each member of a group of the embedded bus is at. One row a fetch, not one a message.

A group's ``position`` is the next offset that nobody has had. What a member fetched is a span in its name; a span whose lease has
run out, or whose holder's process is gone, is the next one to be given out, and counts another attempt.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

SPANS_LOOKED_AT = 100
FREE = ""
INSERT = "INSERT INTO claims (grp, low, high, holder, until, attempt) VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Span:
    """``fresh`` says that it begins at the group's position, else it was claimed before from ``low`` to ``high``."""

    low: int
    high: int
    attempt: int
    fresh: bool


def waiting(db: Any, group: int, alive: Callable[[str], bool]) -> bool:
    """Whether there is anything to be had."""
    return next_span(db, group, alive) is not None


def next_span(db: Any, group: int, alive: Callable[[str], bool]) -> Span | None:
    """What is to be given out next: what was given up comes first."""
    now = time.time()
    for row in db.execute("SELECT * FROM claims WHERE grp = ? ORDER BY low LIMIT ?", (group, SPANS_LOOKED_AT)):
        if row["until"] < now or row["holder"] == FREE or not alive(row["holder"].partition("#")[0]):
            return Span(row["low"], row["high"], row["attempt"] + 1, fresh=False)
    ends = "SELECT g.position, t.next FROM groups g JOIN topics t ON t.id = g.topic WHERE g.id = ?"
    position, end = db.execute(ends, (group,)).fetchone()
    return Span(position, end - 1, 1, fresh=True) if position < end else None


def take(db: Any, group: int, span: Span, had: tuple[int, int] | None, claim: tuple[str, float]) -> None:
    """Claim of the span what was ``had``, from its first to its last; None where nothing of it is kept any more.

    ``claim`` is the holder and for how many seconds.
    """
    last = span.high if had is None else had[1]
    if span.fresh:
        db.execute("UPDATE groups SET position = ? WHERE id = ?", (last + 1, group))
    else:
        db.execute("DELETE FROM claims WHERE grp = ? AND low = ?", (group, span.low))
        if last < span.high:
            db.execute(INSERT, (group, last + 1, span.high, FREE, 0.0, span.attempt - 1))
    if had is not None:
        db.execute(INSERT, (group, *had, claim[0], time.time() + claim[1], span.attempt))


def settle(db: Any, group: int, holder: str, offsets: Sequence[int]) -> None:
    """Take these offsets, in order, off the holder's spans."""
    for row in db.execute("SELECT * FROM claims WHERE grp = ? AND holder = ?", (group, holder)).fetchall():
        done = [offset for offset in offsets if row["low"] <= offset <= row["high"]]
        if not done:
            continue
        db.execute("DELETE FROM claims WHERE grp = ? AND low = ?", (group, row["low"]))
        low = row["low"]
        for offset in (*done, row["high"] + 1):
            if low < offset:
                db.execute(INSERT, (group, low, offset - 1, holder, row["until"], row["attempt"]))
            low = offset + 1


def release(db: Any, group: int, holder: str) -> None:
    """Give back what the holder has."""
    db.execute(
        "UPDATE claims SET holder = ?, until = 0, attempt = attempt - 1 WHERE grp = ? AND holder = ?",
        (FREE, group, holder),
    )


def move(db: Any, group: int, position: int) -> None:
    """Begin again at ``position``; what is in hand is forgotten, and whoever acknowledges it is passed over."""
    db.execute("DELETE FROM claims WHERE grp = ?", (group,))
    db.execute("UPDATE groups SET position = ? WHERE id = ?", (position, group))


def behind(db: Any, group: Any, end: int, first: int) -> int:
    """How many events the group has not acknowledged; those that are no longer kept do not count."""
    spans = db.execute("SELECT low, high FROM claims WHERE grp = ?", (group["id"],))
    in_hand = sum(max(0, row["high"] - max(row["low"], first) + 1) for row in spans)
    return end - max(group["position"], first) + in_hand
