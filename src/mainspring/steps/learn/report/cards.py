"""Cards: what the model and the data are, how to do it again, and what to be careful about."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from mainspring.steps.learn.evaluation.alarms import SENTENCES
from mainspring.steps.learn.report.markup import (
    Html,
    card,
    facts,
    folded,
    number,
    said,
    section,
    share,
    short,
    tag,
    text,
    word,
)
from mainspring.steps.learn.report.sentences.said import sentence
from mainspring.steps.learn.report.story import NOTHING, Story

FEW_ROWS = 500
RARE = 0.05
WIDE = 0.1
_LOGIN = re.compile(r"(?<=://)[^/@\s]*@")


def cards(story: Story) -> Html:
    return section(
        "cards",
        "Model, data and policy",
        _model(story.card),
        _data(story),
        _policy(story),
        _again(story.facts, story.found.get("clocked") or NOTHING),
    )


def notes(story: Story) -> Html:
    listed = [tag("li", note) for note in _honest(story)]
    return (
        section("notes", "To be careful about", tag("div", tag("ul", *listed), class_="card wide"))
        if listed
        else Html("")
    )


def _model(model: Mapping[str, Any]) -> Html:
    latency = model.get("latency_ms") or NOTHING
    inputs = model.get("input") or ()
    columns = (
        folded(
            "Input columns",
            tag(
                "p",
                ", ".join(f"{short(name, 40)} ({kind})" for name, kind in inputs[:60])
                + (" …" if len(inputs) > 60 else ""),
            ),
        )
        if inputs
        else ""
    )
    listed = facts(
        [
            ("Kind", short(model.get("kind") or "")),
            ("Question", word(model.get("question") or "")),
            ("Target", short(model.get("target") or "")),
            ("Classes", ", ".join(short(label, 24) for label in (model.get("classes") or ())[:12])),
            ("Rows learned from", number(model["rows"]) if model.get("rows") else None),
            (
                "One row, ms",
                f"{number(latency.get('p50'), 2)} / {number(latency.get('p95'), 2)} (p50 / p95)" if latency else None,
            ),
            ("Memory, MB", _number(model.get("memory_mb"))),
            ("Files, MB", _number(model.get("size_mb"))),
            ("Training, s", _number(model.get("training_seconds"))),
        ]
    )
    return card("Model card", "", listed, columns)


def _number(value: Any) -> str | None:
    return None if value is None else number(value)


def address(value: object) -> str:
    """Where data come from or go to, without logins and queries, where secrets travel."""
    return short(_LOGIN.sub("***@", str(value)).partition("?")[0])


def _data(story: Story) -> Html:
    source, prepare = story.automation.get("source") or NOTHING, story.automation.get("prepare") or NOTHING
    split = (story.automation.get("learn") or NOTHING).get("split") or NOTHING
    protect = prepare.get("protect") or NOTHING
    place = source.get("table") or source.get("sql") or ""
    listed = facts(
        [
            ("Source", address(place)),
            ("Key", short(source.get("key") or "")),
            ("Rows", _number(story.profile.get("rows") or story.counts.get("collected"))),
            ("Columns", _number(len(story.profile.get("columns") or ()) or None)),
            ("Data version", short(_known(story.facts.get("data_version")))),
            ("Protected", ", ".join(f"{short(name, 40)} ({_how(how)})" for name, how in list(protect.items())[:20])),
            ("Expectations", ", ".join(short(name, 40) for name in list(prepare.get("expect") or ())[:20])),
            ("Kept apart by", word(f"split {split['by']}") if split.get("by") else None),
            ("Held out", share(split["test"]) if split.get("test") else None),
        ]
    )
    return card("Data card", "", listed)


def _how(how: object) -> str:
    return short(how.get("method", next(iter(how.values()), "")), 24) if isinstance(how, Mapping) else short(how, 24)


def _known(value: object) -> object:
    return "" if value is None else value


def _policy(story: Story) -> Html:
    policy, decide = story.policy, story.automation.get("decide") or NOTHING
    rules: Iterable[Mapping[str, Any]] = [*(policy.get("before") or ()), *(policy.get("after") or ())]
    sentences = [_rule(rule) for rule in rules]
    listed = facts(
        [
            ("Actions", ", ".join(short(name, 40) for name in policy.get("actions") or story.actions)),
            ("Threshold", _number(policy.get("threshold"))),
            ("Gains", _gains(decide.get("gains"))),
            ("Capacity", short(_capacity(decide.get("capacity")))),
            ("Rules", tag("ul", *(tag("li", sentence) for sentence in sentences[:30])) if sentences else None),
            (
                "Delivered to",
                ", ".join(_receiver(name, act) for name, act in (story.automation.get("act") or NOTHING).items()),
            ),
        ]
    )
    return card("Policy", "", listed)


def _rule(rule: Mapping[str, Any]) -> Html:
    if rule.get("table"):
        return said("a decision table of {count} rows", count=number(len(rule["table"])))
    because = text(f" ({short(rule['because'], 80)})") if rule.get("because") else Html("")
    return (
        tag("code", short(rule.get("condition") or "", 120))
        + text(" → ")
        + tag("b", short(rule.get("then") or "", 40))
        + because
    )


def _gains(gains: Any) -> str:
    if not isinstance(gains, Mapping):
        return ""
    return "; ".join(f"{short(name, 40).replace('_', ' ')} {_inner(gain)}" for name, gain in gains.items())


def _inner(gain: Any) -> str:
    return (
        ", ".join(f"{short(k, 24)} {number(v)}" for k, v in gain.items()) if isinstance(gain, Mapping) else number(gain)
    )


def _capacity(capacity: Any) -> object:
    if isinstance(capacity, list | tuple) and len(capacity) == 2:
        return f"{number(capacity[0])} / {number(capacity[1])} s"
    return _known(capacity)


def _receiver(name: object, act: Any) -> str:
    if not isinstance(act, Mapping):
        return short(name, 40)
    web = urlsplit(str(act.get("webhook") or "")).netloc.rpartition("@")[2]
    return f"{short(name, 40)} → {web or address(act.get('table') or act.get('file') or '')}"


def _again(known: Mapping[str, Any], clocked: Mapping[str, Any]) -> Html:
    names = {
        "version": "Model version",
        "run_id": "Run",
        "data_version": "Data version",
        "code_version": "Code version",
        "seed": "Seed",
        "seconds": "Seconds",
        "hash": "Hash",
    }
    listed = facts(
        (title, tag("code", short(known[name]))) for name, title in names.items() if known.get(name) is not None
    )
    libraries = known.get("libraries") or NOTHING
    versions = (
        [f"{short(name, 40)} {short(version, 24)}" for name, version in sorted(libraries.items())]
        if isinstance(libraries, Mapping)
        else [short(x) for x in libraries]
    )
    more = folded("Libraries", tag("p", ", ".join(versions))) if versions else ""
    return (
        card(
            "To do it again",
            "The same declaration, data, code and seed give the same choice wherever the time allows the same work.",
            listed,
            tag("p", _clocked(clocked), class_="note") if clocked else "",
            more,
        )
        if listed
        else Html("")
    )


def _clocked(clocked: Mapping[str, Any]) -> Html:
    if not clocked.get("decided"):
        return said(
            "The clock cut none of the {fits} fits: run again, they give this model.", fits=number(clocked.get("fits"))
        )
    counts = {name: number(len(clocked.get(name) or ())) for name in ("cut", "paced", "late", "fewer")}
    seen = said(
        "Of {fits} fits the clock cut {cut} and paced {paced}; {late} candidates had no time, {fewer} did not come to all folds.",
        fits=number(clocked.get("fits")), **counts,
    )  # fmt: skip
    return (
        seen + " " + said("Run again, it may come out otherwise; this very model is made again by mainspring repeat.")
    )


def _alarmed(alarm: Mapping[str, Any]) -> Html:
    values: dict[str, object] = {
        name: number(v) if isinstance(v, int | float) else short(v, 60) for name, v in alarm.items()
    }
    if "share" in alarm:
        values["share"] = share(alarm["share"])
    if "metric" in alarm:
        values["metric"] = word(alarm["metric"])
    seen, remedy = SENTENCES[alarm["alarm"]]
    return tag("b", said(seen, **values)) + " " + said(remedy)


def _honest(story: Story) -> Iterable[Html]:
    e, profile = story.evaluation, story.profile
    yield from map(_alarmed, e.get("alarms") or ())
    rows = e.get("rows")
    if rows:
        yield said(
            "All figures are measured on {rows} past rows. The future may differ; watch what happens.",
            rows=number(rows),
        )
    if rows and rows < FEW_ROWS:
        yield said("{rows} held-out rows are few: chance moves these figures. Look at the ranges.", rows=number(rows))
    wide = [name for name, m in (e.get("metrics") or NOTHING).items() if _is_wide(m)]
    if wide:
        yield said(
            "Uncertain figures, by their ranges: {names}.", names=Html(", ".join(word(name) for name in wide[:6]))
        )
    imbalance = (profile.get("target") or NOTHING).get("imbalance")
    if imbalance is not None and imbalance < RARE:
        yield said("The rarest class is {share} of the rows. Accuracy says little here.", share=share(imbalance))
    if profile.get("suspects"):
        yield said("Some columns may not be known when a decision is made; see above.")
    if profile.get("looked_at") and profile["looked_at"] < profile.get("rows", 0):
        yield said("The columns were described from {count} rows, evenly spread.", count=number(profile["looked_at"]))
    if e.get("unseen_classes"):
        yield said(
            "{count} held-out rows have a class that was never learned; they are not judged.",
            count=number(e["unseen_classes"]),
        )
    if e.get("importance"):
        yield said("Importance is not cause: changing a column need not change what happens.")
    for note in story.card.get("notes") or ():
        yield sentence(note, 300)


def _is_wide(metric: Mapping[str, Any]) -> bool:
    value, low, high = (metric.get(name) for name in ("value", "low", "high"))
    return None not in (value, low, high) and abs(value) > 0 and (high - low) / abs(value) > 2 * WIDE  # pyright: ignore
