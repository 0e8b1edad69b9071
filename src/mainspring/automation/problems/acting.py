"""Acting: whether gains, threshold, rules and actions speak of the same."""

from collections.abc import Iterator, Mapping, Set

from mainspring.automation.act import Act
from mainspring.automation.decide import SKIP, Decide, OutcomeGains, Rule, answered, names_of
from mainspring.automation.learn import Learn
from mainspring.automation.problems.found import Found
from mainspring.decision import NO_ACTION
from mainspring.errors import nearest

NOTHING = frozenset({SKIP, NO_ACTION})


def acting(learn: Learn | None, decide: Decide | None, act: Mapping[str, Act]) -> Iterator[Found]:
    for name in act:
        if name in NOTHING or not name.strip():
            yield ("act", name), f"an action cannot be called {name!r}", "that is what doing nothing is called"
    if decide is None:
        return
    yield from _gains(learn, decide, act)
    yield from _names(decide, set(act))
    yield from _rules(learn, decide)
    if decide.explore is not None and (learn is None or (decide.gains is None and decide.threshold is None)):
        yield ("decide", "explore"), "there is nothing to explore", "give gains or a threshold; rules are always kept"
    if decide.feedback is not None and decide.feedback.otherwise is not None and learn is None:
        yield ("decide", "feedback", "otherwise"), "'otherwise' needs a target", "declare learn, or leave it out"
    if decide.capacity is not None and decide.gains is None and decide.threshold is None and not decide.rules:
        yield ("decide", "capacity"), "there is nothing to limit", "give gains, a threshold or rules"


def columns_of(rule: Rule, learn: Learn | None) -> frozenset[str]:
    """The columns of a record (not of the model's answer) that a rule speaks of."""
    return names_of(rule) - answered(learn)


def _gains(learn: Learn | None, decide: Decide, act: Mapping[str, Act]) -> Iterator[Found]:
    if learn is None:
        for key in ("gains", "threshold"):
            if getattr(decide, key) is not None:
                yield ("decide", key), f"'{key}' needs a model", "declare learn, or use rules alone"
    if isinstance(decide.gains, OutcomeGains) and len(act) > 1:
        told = f"which action gains that: {', '.join(act)}?"
        yield ("decide", "gains"), told, "write the gains as action → class → gain"
    if isinstance(decide.gains, dict) and not set(decide.gains) - NOTHING:
        yield ("decide", "gains"), "there is no action in the gains", "write action → class → gain"
    acted = set(decide.gains) - NOTHING if isinstance(decide.gains, dict) else set(act)
    if decide.threshold is not None and len(acted) > 1:
        told = f"a threshold is for one action, not for {', '.join(sorted(acted))}"
        yield ("decide", "threshold"), told, "use gains, or rules over 'probability'"


def _names(decide: Decide, known: Set[str]) -> Iterator[Found]:
    for name in decide.gains if isinstance(decide.gains, dict) else ():
        yield from _unknown_action(name, known, ("decide", "gains", name))
    for i, rule in enumerate(decide.rules):
        if rule.then is not None:
            yield from _unknown_action(rule.then, known, ("decide", "rules", i, "then"))
        for j, row in enumerate(rule.table or ()):
            yield from _unknown_action(str(row["then"]), known, ("decide", "rules", i, "table", j, "then"))


def _unknown_action(name: str, known: Set[str], at: tuple[str | int, ...]) -> Iterator[Found]:
    # Where no action is declared decisions are only recorded, under whatever name.
    if known and name not in known | NOTHING:
        guess = nearest(name, known | NOTHING)
        yield at, f"there is no action {name!r}", f"did you mean {guess!r}?" if guess else f"declare act.{name}"


def _rules(learn: Learn | None, decide: Decide) -> Iterator[Found]:
    first: dict[str, int] = {}
    for i, rule in enumerate(decide.rules):
        at = ("decide", "rules", i)
        asked = sorted(names_of(rule) & answered(learn))
        if asked and rule.stage == "before":
            yield (*at, "stage"), f"{asked[0]!r} is not known before the model", "take 'stage' off, or say after"
        if asked and learn is None:
            yield at, f"{asked[0]!r} needs a model", "declare learn, or speak of columns alone"
        if rule.condition is not None and (earlier := first.setdefault(rule.condition.strip(), i)) != i:
            yield at, f"this rule never fires: rule {earlier + 1} has the same condition", "take one of the two off"
