"""Watch: what to keep an eye on afterwards, what is worth an alert, and who is told.

Everything has a default: an automation that declares nothing is watched too, and ``mainspring alerts`` lists what was found.
"""

import re
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from mainspring.automation.part import Part, wrong
from mainspring.automation.triggers.when import WhenText
from mainspring.automation.units import Decisions, Outcomes, Seconds, Share

HOUR, DAY = 3600.0, 86_400.0
CHALLENGED = 30 * DAY
"""How long a challenge lasts where nothing else is declared, without the time in which outcomes ripen."""
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")


def _confirm(given: object) -> object:
    """``"2 of 3"`` → (2, 3)."""
    if isinstance(given, tuple):
        return cast(tuple[int, int], given)
    match = re.fullmatch(r"\s*(\d+)\s*(?:of|/)\s*(\d+)\s*", str(given))
    if not match or not 1 <= int(match[1]) <= int(match[2]) <= 20:
        raise wrong("must be k of n, with k from 1 to n and n up to 20", "write 2 of 3")
    return int(match[1]), int(match[2])


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise wrong(
            "is not an address", "write mailto://…, slack://…, dingtalk://…, wecombot://…, feishu://… or https://…"
        )
    return text


DEFAULTS = BeforeValidator(lambda given: {} if given is None else given)
"""An empty part, and one that an earlier release kept as null, is as by default."""
Confirm = Annotated[
    tuple[int, int],
    BeforeValidator(_confirm),
    PlainSerializer(lambda pair: f"{pair[0]} of {pair[1]}"),
    WithJsonSchema({"type": "string", "examples": ["2 of 3"]}),
]
Address = Annotated[str, AfterValidator(_address)]
Money = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Drift(Part):
    """Whether new rows, answers and outcomes still look like those that were learned from."""

    alert: bool = True
    """Tell when they do not."""
    by: Literal["money", "effect"] = "money"
    """What decides: whether the loss is more than learning anew costs, or how far columns moved (always so where there are no gains)."""
    effect: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """The least Jensen–Shannon distance that counts. A column that lay farther from itself in the reference is allowed more."""
    rate: Annotated[float, Field(gt=0, lt=1)] = 0.01
    """How many of the columns found to have drifted may not have (or with ``holm`` the chance of any such)."""
    control: Literal["benjamini_hochberg", "holm"] = "benjamini_hochberg"
    """How the tests of many columns are held to that rate together."""
    exclude: list[str] = Field(default_factory=list)
    """Columns that may drift as they like."""


class Quality(Part):
    """Whether new rows are whole."""

    alert: bool = True
    """Tell when they are not."""
    rise: Share = 0.05
    """How much the share of missing, unseen, out-of-range or unreadable values of a column must rise to count."""
    freshness: Seconds | None = None
    """How old the newest decision may be."""


class Performance(Part):
    """Whether the answers are as good as they were."""

    alert: bool = True
    """Tell when they are not."""


class ServiceLimits(Part):
    """How well decisions must be served."""

    latency: Seconds | None = None
    """How long a decision may take, recorded and all: 95 of 100 must keep it."""
    errors: Share = 0.01
    """Which share of decisions may fail through no fault of the record."""


class Retrain(Part):
    """When to learn anew, and what that costs."""

    when: WhenText | None = None
    """A condition: ``drift``, ``performance``, ``quality``, ``service``, ``alert``, ``critical`` (such an alert stands), ``feedback``,
    ``decisions``, ``rows``, ``days`` (since the last learning), ``cron('0 3 * * 1')`` in UTC, ``event('TOPIC')``, ``every('7d')``.
    Undeclared, people say when."""
    cooldown: Seconds = DAY
    """How long after a learning, whatever came of it, none is begun by itself."""
    promote: Literal["when_better", "when_proved", "ask", "always", "never"] = "when_better"
    """Whether the new version decides from then on: when it is surely better on the same recent rows, when it has proved itself beside the
    champion as well (``watch.challenger``, by default a shadow), when a person says so, always, or never."""
    cost: Money | None = None
    """What learning anew costs, in the money of the gains. Undeclared, the time of the last learning at ``hourly``."""
    hourly: Money = 1.0
    """What an hour of learning costs."""
    payback: Seconds = 30 * DAY
    """Within which time learning anew must earn its cost back to be worth an alarm."""


class Challenger(Part):
    """How a new version proves itself before it decides."""

    mode: Literal["shadow", "canary"] = "shadow"
    """``shadow``: it decides about everything beside the champion, and nothing is done; ``canary``: it decides about its share."""
    share: Share = 0.1
    """How many of the keys a canary decides about; a key stays where it is."""
    at_least: Outcomes = 200
    """So many outcomes are waited for before anything is decided."""
    within: Seconds | None = None
    """How long it may last: then it ends undecided, and the champion stays. Undeclared, 30 days, from when an outcome can count at all
    (``decide.feedback.after``)."""
    decisions: Decisions | None = None
    """After so many decisions of the automation it ends undecided too. Undeclared, they are not counted."""

    def lasts(self, ripens: float | None) -> float:
        """Seconds; ``ripens`` is after how many an outcome counts."""
        return self.within if self.within is not None else CHALLENGED + (ripens or 0.0)


class Alert(Part):
    """Who is told, of what, how often."""

    to: list[Address] = Field(default_factory=list)
    """Addresses: ``mailto://…``, ``slack://…``, ``dingtalk://…``, ``wecombot://…``, ``feishu://…`` and what else Apprise knows, or
    ``https://…`` for a CloudEvent; ``${NAME}`` is taken from the environment when it is sent."""
    least: Literal["info", "warning", "critical"] = "warning"
    """What is less severe is kept, and nobody is told."""
    confirm: Confirm = (2, 3)
    """In how many of the last looks something must have been found; a look at the same rows is not another one."""
    cooldown: Seconds = DAY
    """How long nobody is told again of what is still so."""
    rows: Annotated[int, Field(ge=0, le=1000)] = 20
    """How many of the rows, as they are kept after protection, go along with the picture."""


class Watch(Part):
    """What to keep an eye on afterwards."""

    every: Seconds = HOUR
    """How often the gateway looks."""
    window: Seconds = DAY
    """How far back a look goes."""
    least: Annotated[int, Field(ge=20)] = 200
    """Fewer rows than this say nothing."""
    drift: Annotated[Drift, DEFAULTS] = Drift()
    """Whether the rows change."""
    quality: Annotated[Quality, DEFAULTS] = Quality()
    """Whether the rows are whole."""
    performance: Annotated[Performance, DEFAULTS] = Performance()
    """Whether the answers stay good."""
    limits: Annotated[ServiceLimits, DEFAULTS] = ServiceLimits()
    """Whether decisions come in time and without errors."""
    retrain: Annotated[Retrain, DEFAULTS] = Retrain()
    """When it is time to learn anew, and at what cost."""
    challenger: Challenger | None = None
    """How a new version proves itself before it decides. Where nothing is declared, its test rows suffice."""
    alert: Annotated[Alert, DEFAULTS] = Alert()
    """Who is told."""
    approvals: Annotated[int, Field(ge=1, le=5)] = 1
    """How many people must agree before another version decides. With more than one, nothing else promotes: no run, no retraining, no
    challenge; going back to the champion before needs one."""
