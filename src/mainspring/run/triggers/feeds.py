"""Feeds: which automation feeds whom, through topics, webhooks and tables, and circles that would never end."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mainspring.automation import Automation
from mainspring.automation.triggers.when import When
from mainspring.errors import SpecError
from mainspring.event import addressed, is_topic, topic_address

LAKE, GATEWAY = "lake:", "/v1/topics/"
DECISIONS = "decisions"
KEPT, GONE = '[("{}")]', '>"{}"]'
SHAPES = {
    "automation": '["{}"]', "topic": '(["{}"])', "table": KEPT, "file": KEPT, "source": KEPT, "webhook": GONE, "message": GONE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """``kind`` is ``automation``, ``topic``, ``table``, ``webhook``, ``message``, ``file`` or ``source``."""

    id: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Edge:
    """``how``: the target ``decides`` on each event at once, ``learns`` from rows, or is learned anew (``wakes``); the source ``publishes``
    its decisions, ``acts``, ``adds`` rows."""

    source: str
    target: str
    how: str


@dataclass(frozen=True, slots=True)
class Feeds:
    """``runaway`` are the circles in which each decision leads to another, at once and without end: the names of their automations."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    runaway: tuple[tuple[str, ...], ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "nodes": [asdict(node) for node in self.nodes], "edges": [asdict(edge) for edge in self.edges],
            "runaway": [list(circle) for circle in self.runaway],
        }  # fmt: skip

    def to_mermaid(self) -> str:
        """A flowchart, as Markdown viewers draw it."""
        number = {node.id: f"n{place}" for place, node in enumerate(self.nodes)}
        lines = [f"  {number[node.id]}{SHAPES[node.kind].format(_label(node))}" for node in self.nodes]
        lines += [f"  {number[edge.source]} -- {edge.how} --> {number[edge.target]}" for edge in self.edges]
        within = {name for circle in self.runaway for name in circle}
        red = [number[node.id] for node in self.nodes if node.kind == "automation" and node.name in within]
        lines += [f"  style {one} stroke:#c00,stroke-width:3px" for one in red]
        return "\n".join(["flowchart LR", *lines])


def feeds(automations: Sequence[Automation]) -> Feeds:
    """Of these automations together."""
    nodes: dict[str, Node] = {}
    edges: dict[Edge, None] = {}
    names = {one.name for one in automations}

    def node(kind: str, name: str) -> str:
        made = Node(f"{kind}:{name}", kind, name)
        return nodes.setdefault(made.id, made).id

    for one in automations:
        here = node("automation", one.name)
        for kind, name, how in _taken(one, names):
            edges[Edge(node(kind, name), here, how)] = None
        for kind, name, how in _given(one):
            edges[Edge(here, node(kind, name), how)] = None
    for table in [known for known in nodes.values() if known.kind == "table"]:
        owner = table.name.partition(".")[0]
        if owner in names and not any(edge.target == table.id for edge in edges):
            edges[Edge(node("automation", owner), table.id, "adds")] = None
    edges = {edge: None for edge in edges if edge.how != "publishes" or _is_taken(edge.target, list(edges), nodes)}
    used = {end for edge in edges for end in (edge.source, edge.target)}
    kept = tuple(one for one in nodes.values() if one.kind == "automation" or one.id in used)
    return Feeds(kept, tuple(edges), _circles(list(edges), nodes))


def refuse_runaway(automation: Automation, others: Sequence[Automation]) -> None:
    """Raises SpecError: with this automation among the others, decisions would lead to decisions without end."""
    together = [automation, *(one for one in others if one.name != automation.name)]
    for circle in feeds(together).runaway:
        if automation.name in circle:
            told = " → ".join([*circle, circle[0]])
            raise SpecError(
                f"each decision would lead to another without end: {told}", where="source",
                remedy="let one of them decide on another topic; mainspring graph draws who feeds whom",
            )  # fmt: skip


def declared(paths: Sequence[str | Path]) -> list[Automation]:
    """Raises SpecError: a file is wrong."""
    return [Automation.from_file(path) for path in paths]


def _taken(one: Automation, names: set[str]) -> Iterator[tuple[str, str, str]]:
    """What an automation reads: kind, name, and what for."""
    source, table = one.source, one.source.table
    if source.events is not None:
        yield "topic", _topic(source.events), "decides"
    if table is not None and is_topic(table):
        yield "topic", _topic(table), "decides" if source.events is None else "learns"
    elif table is not None and table.startswith(LAKE):
        yield "table", table.removeprefix(LAKE), "learns"
    elif source.sql is not None:
        owners = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        found = re.findall(rf"\b({owners})[\"`]?\.[\"`]?([a-z_]\w*)", source.sql)
        yield from (("table", f"{owner}.{name}", "learns") for owner, name in dict.fromkeys(found))
    elif table is not None:
        yield "source", _shown(table), "learns"
    when = one.watch.retrain.when
    for moment in When(when).moments.values() if when is not None else ():
        if moment.kind == "event":
            yield "topic", _topic(addressed(moment.told)), "wakes"


def _given(one: Automation) -> Iterator[tuple[str, str, str]]:
    """What an automation brings about."""
    yield "topic", f"{one.name}.{DECISIONS}", "publishes"
    for act in one.act.values():
        if act.topic is not None:
            yield "topic", _topic(addressed(act.topic)), "acts"
        elif act.table is not None:
            yield "table", act.table if "." in act.table else f"{one.name}.{act.table}", "acts"
        elif act.webhook is not None:
            path = urlsplit(act.webhook).path
            if path.startswith(GATEWAY):
                yield "topic", path.removeprefix(GATEWAY), "acts"
            else:
                yield "webhook", _shown(act.webhook), "acts"
        elif act.message is not None:
            yield "message", _shown(act.message), "acts"
        elif act.file is not None:
            yield "file", act.file, "acts"


def _is_taken(topic: str, edges: Sequence[Edge], nodes: dict[str, Node]) -> bool:
    """Whether anybody reads it: decisions that nobody reads are no part of the picture."""
    return any(edge.source == topic for edge in edges) and topic in nodes


def _circles(edges: Sequence[Edge], nodes: dict[str, Node]) -> tuple[tuple[str, ...], ...]:
    """By topics alone, where each event is decided on at once: a table is read when someone learns, which is not each time."""
    ahead: dict[str, list[str]] = {}
    for edge in edges:
        if edge.how in ("decides", "publishes") or (edge.how == "acts" and nodes[edge.target].kind == "topic"):
            ahead.setdefault(edge.source, []).append(edge.target)
    found: dict[frozenset[str], tuple[str, ...]] = {}
    for start in ahead:
        way = _way_back(start, ahead)
        names = tuple(nodes[one].name for one in way if nodes[one].kind == "automation")
        if names:
            found.setdefault(frozenset(names), names)
    return tuple(found.values())


def _way_back(start: str, ahead: dict[str, list[str]]) -> list[str]:
    """The nodes of a shortest way from there to itself; empty where there is none."""
    before: dict[str, str] = {}
    waiting = [start]
    for here in waiting:
        for there in ahead.get(here, ()):
            if there == start:
                way = [here]
                while way[-1] != start:
                    way.append(before[way[-1]])
                return way[::-1]
            if there not in before:
                before[there] = here
                waiting.append(there)
    return []


def _topic(address: str) -> str:
    """Its name, and on another bus where that is, without what may be secret in its address."""
    to = topic_address(address)
    if to.bus is None:
        return to.topic
    parts = urlsplit(to.bus)
    return f"{to.topic} at {parts.scheme}://{parts.hostname or parts.netloc.rpartition('@')[2]}"


def _shown(address: str) -> str:
    """An address without user, password and query: they may be secret."""
    scheme, sign, rest = address.partition("://")
    if not sign:
        return address
    place = rest.partition("?")[0]
    host, slash, path = place.partition("/")
    return (
        f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
        if scheme in ("http", "https", "file")
        else f"{scheme}://{host.rpartition('@')[2]}"
    )


def _label(node: Node) -> str:
    return json.dumps(node.name, ensure_ascii=False)[1:-1].replace('\\"', "#quot;").replace("<", "&lt;")
