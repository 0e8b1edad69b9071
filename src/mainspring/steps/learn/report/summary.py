"""Summary: what the automation decides, what that is worth, and whether its limits were kept, in plain words."""

from collections.abc import Mapping
from typing import Any

from mainspring.steps.learn.report.markup import (
    Html,
    bar,
    card,
    join,
    number,
    said,
    section,
    share,
    short,
    table,
    tag,
    word,
)
from mainspring.steps.learn.report.story import NOTHING, Story

POLICIES = {
    "mainspring": "Mainspring decides",
    "model_alone": "Its model alone, without rules and capacity",
    "top_decile": "The likeliest tenth",
    "everybody": "Everybody",
    "nobody": "Nobody",
}
TILES = 4
BETWEEN = (
    "Between which numbers?",
    "Each answer says between which numbers the truth lies in {declared} of cases.",
    "On the rows that no choice had seen it lay there in {share} ({low} to {high}); mean width: {size}.",
)
AMONG = (
    "Among which classes?",
    "Each answer says among which classes the truth lies in {declared} of cases.",
    "On the rows that no choice had seen it lay there in {share} ({low} to {high}); mean number of classes: {size}.",
)


def summary(story: Story) -> Html:
    return section(
        "summary",
        "In short",
        _sentences(story),
        _tiles(story),
        _profit(story),
        _limits(story),
        _coverage(story),
        _outside(story),
        _simple(story),
    )


def _sentences(story: Story) -> Html:
    card, parts = story.card, list[Html]()
    target = tag("b", short(story.target))
    positive = card.get("positive")
    if story.target and positive is not None:
        parts.append(
            said(
                "For each row it estimates how probable it is that {target} is {positive}.",
                target=target,
                positive=tag("b", short(positive)),
            )
        )
    elif story.target and card.get("question") == "number":
        parts.append(said("For each row it estimates the number {target}.", target=target))
    elif story.target and card.get("question") == "spans":
        parts.append(said("In each text it finds the stretches that {target} marks.", target=target))
    elif story.target and card.get("question") == "labels":
        parts.append(said("For each row it tells which {target} hold, several at once or none.", target=target))
    elif story.target:
        parts.append(said("For each row it estimates which {target} is the right one.", target=target))
    else:
        parts.append(said("It decides by rules alone; no model was learned."))
    if story.actions:
        named = tag("b", ", ".join(short(name, 40) for name in story.actions[:5]))
        parts.append(said("Where that is expected to pay, it acts: {actions}.", actions=named))
    if (advantage := _advantage(story.evaluation)) is not None:
        parts.append(advantage)
    return tag("p", join(part + " " for part in parts), class_="lead")


def _advantage(evaluation: Mapping[str, Any]) -> Html | None:
    baselines = evaluation.get("baselines") or NOTHING
    others = {name: policy["gain"] for name, policy in baselines.items() if name not in ("mainspring", "model_alone")}
    if "mainspring" not in baselines or not others:
        return None
    best = max(others, key=lambda name: others[name])
    more = baselines["mainspring"]["gain"] - others[best]
    values = {
        "rows": number(evaluation.get("rows")),
        "more": tag("b", number(abs(more))),
        "best": said(POLICIES.get(best, "Nobody")),
    }
    if more > 0:
        return said(
            "On {rows} rows that no choice had seen, it gains {more} more than the best simple policy ({best}).",
            **values,
        )
    return said(
        "On {rows} rows that no choice had seen, it gains {more} less than the best simple policy ({best}): do not use it yet.",
        **values,
    )


def _tiles(story: Story) -> Html:
    """The objective first, then what else was measured."""
    metrics = story.evaluation.get("metrics") or NOTHING
    first = [
        name for name in (story.objective, "roc_auc", "r2", "accuracy", "log_loss", "rmse", "mae") if name in metrics
    ]
    names = list(dict.fromkeys([*first, *metrics]))[:TILES]
    tiles = [
        _tile(word(name), number(metrics[name].get("value")), _interval(metrics[name]))
        for name in names
    ]  # fmt: skip
    chosen = story.evaluation.get("chosen") or NOTHING
    if chosen.get("share") is not None:
        tiles.insert(0, _tile(said("Rows acted on"), share(chosen["share"]), said("of the held-out rows")))
    latency = (story.card.get("latency_ms") or NOTHING).get("p95")
    if latency is not None:
        tiles.append(_tile(said("One decision"), f"{number(latency, 2)} ms", said("95th percentile")))
    return tag("div", *tiles, class_="tiles") if tiles else Html("")


def _tile(name: Html, value: str, note: Html | str) -> Html:
    return tag(
        "div", tag("span", name, class_="name"), tag("strong", value), tag("span", note, class_="note"), class_="tile"
    )


def _interval(metric: Mapping[str, Any]) -> Html | str:
    if metric.get("low") is None or metric.get("high") is None:
        return ""
    return said("between {low} and {high}", low=number(metric["low"]), high=number(metric["high"]))


def _profit(story: Story) -> Html:
    baselines = story.evaluation.get("baselines") or NOTHING
    if not baselines:
        return Html("")
    names = [name for name in POLICIES if name in baselines]
    largest = max((abs(baselines[name]["gain"]) for name in names), default=0) or 1
    rows = [
        (said(POLICIES[name]), number(baselines[name].get("contacted")), number(baselines[name]["gain"]),
         bar(abs(baselines[name]["gain"]) / largest, "loss" if baselines[name]["gain"] < 0 else ""))
        for name in names
    ]  # fmt: skip
    columns = [("Policy", False), ("Rows acted on", True), ("Gain", True), ("Picture", False)]
    return card(
        "What it is worth", "What each policy would have gained on the held-out rows, by your declared gains. Stripes are losses.",
        table(columns, rows, "What it is worth", marked=lambda index: names[index] == "mainspring"), wide=True,
    )  # fmt: skip


def _limits(story: Story) -> Html:
    kept = story.found.get("kept") or ()
    if not kept:
        return Html("")
    rows = [
        (word(f"limit {line['limit']}"),
         cost(line["limit"], line.get("declared")), cost(line["limit"], line.get("measured")), verdict(bool(line.get("ok"))))
        for line in kept
    ]  # fmt: skip
    columns = [("Limit", False), ("Declared", True), ("Measured", True), ("Kept?", False)]
    return card(
        "Limits", "What the business can afford, and what was measured.", table(columns, rows, "Limits"), wide=True
    )


def _coverage(story: Story) -> Html:
    told = story.evaluation.get("coverage")
    if not told:
        return Html("")
    title, promise, held = BETWEEN if story.card.get("question") == "number" else AMONG
    promised = said(promise, declared=tag("b", share(told.get("declared"))))
    kept = said(
        held, share=tag("b", share(told["share"])), low=share(told["low"]), high=share(told["high"]), size=number(told.get("size")),
    )  # fmt: skip
    return card(title, "", tag("p", promised, " ", kept), wide=True)


def _outside(story: Story) -> Html:
    told = story.evaluation.get("outside")
    if not told:
        return Html("")
    promised = said(
        "A row that asks for what no class stands for is said to be out of scope; of those in scope {declared} may be taken for it.",
        declared=tag("b", share(told.get("declared"))),
    )
    kept = said(
        "Of the rows that no choice had seen, all of them in scope, {share} were; the others were answered rightly in {accuracy}.",
        share=tag("b", share(told["share"])), accuracy=share(told.get("accuracy")),
    )  # fmt: skip
    return card("Out of scope", "", tag("p", promised, " ", kept), wide=True)


def _simple(story: Story) -> Html:
    simple = story.found.get("simple")
    if not simple:
        return Html("")
    price, spread = simple.get("price"), simple.get("spread")
    if not isinstance(price, int | float) or price <= 0:
        told = said("The choice is such a model itself, or no better than one.")
        return card("Would a simple model do?", "", tag("p", told), wide=True)
    told = said(
        "The best model that people can read, {name}, reaches {score} ({objective}); the choice is better by {price}.",
        name=tag("b", short(simple["name"], 40)), score=tag("b", number(simple["score"], 4)), objective=word(story.objective),
        price=tag("b", number(price)),
    )  # fmt: skip
    if not isinstance(spread, int | float) or not spread > 0:
        return card("Would a simple model do?", "", tag("p", told), wide=True)
    weighed = (
        said("That is within what chance moves ({spread} from fold to fold): the simple model would do.", spread=number(spread))
        if price <= spread
        else said("That is more than chance moves ({spread} from fold to fold): being simple has its price.", spread=number(spread))
    )  # fmt: skip
    return card("Would a simple model do?", "", tag("p", told, " ", weighed), wide=True)


def verdict(good: bool) -> Html:
    return tag("span", "✓ ", said("kept"), class_="yes") if good else tag("span", "✗ ", said("not kept"), class_="no")


def cost(limit: object, value: Any) -> str:
    """Seconds and bytes as people write them."""
    if not isinstance(value, int | float):
        return short(value)
    if limit in ("memory", "training_memory"):
        return f"{number(value / 1e6)} MB"
    return f"{number(value * 1000)} ms" if value < 1 else f"{number(value)} s"
