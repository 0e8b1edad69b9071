"""A world whose law turns round in the middle: it is noticed, learned anew, proved beside the champion, promoted, and profit recovers.

And the same world without the turn: no alarm, nothing learned anew, nothing promoted.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mainspring import Workspace

pytestmark = pytest.mark.slow

DECLARATION = """
name: churn
about: Who is about to leave is made an offer.
source: {table: customers.csv, key: customer}
learn: {target: churn, positive: "Yes", candidates: [linear, decision_tree], limits: {time: 40s}}
decide: {gains: {offer: {"Yes": 100, "No": -40}, none: {"Yes": 0, "No": 0}}}
act: {offer: {table: churn.offers}}
watch:
  drift: {effect: 0.2}
  retrain: {when: "performance or drift", promote: when_proved, cooldown: 1s}
  challenger: {mode: shadow, at_least: 100 outcomes}
  alert: {confirm: 2 of 3}
"""
SIZE, BEFORE, AFTER = 200, 5, 14
"""Customers a wave, and waves before and after the middle."""


@dataclass
class World:
    """Those who have not been customers for long leave; once it has ``turned``, those who have."""

    dice: random.Random
    turned: bool = False
    number: int = 0
    gains: list[float] = field(default_factory=list[float])

    def people(self, count: int) -> list[tuple[dict[str, object], str]]:
        made: list[tuple[dict[str, object], str]] = []
        for _ in range(count):
            self.number += 1
            tenure, charges = self.dice.randint(0, 70), round(self.dice.uniform(20, 110), 2)
            leaning = 1 / (1 + 2.718 ** ((tenure - 35) / 6 - (charges - 65) / 60))
            leaves = self.dice.random() < (1 - leaning if self.turned else leaning)
            made.append(
                ({"customer": f"C{self.number}", "tenure": tenure, "charges": charges}, "Yes" if leaves else "No")
            )
        return made

    def live(self, space: Workspace) -> None:
        """A wave of customers is decided about; what each does is told; then it is looked and asked whether it is time."""
        people = self.people(SIZE)
        made = space.decide("churn", [one for one, _ in people], reasons=False).to_pylist()
        told = [{"decision": row["decision"], "outcome": left} for row, (_, left) in zip(made, people, strict=True)]
        earned = [
            (100 if left == "Yes" else -40) * (row["action"] == "offer")
            for row, (_, left) in zip(made, people, strict=True)
        ]
        self.gains.append(sum(earned) / SIZE)
        space.feedback("churn", told)
        space.watching.look("churn")
        space.loop.due()


@pytest.fixture(params=[1, 2, 3])
def world(request: pytest.FixtureRequest) -> World:
    return World(random.Random(request.param))


@pytest.fixture
def space(world: World, tmp_path: Path) -> Iterator[Workspace]:
    lines = ["customer,tenure,charges,churn"]
    lines += [",".join([*map(str, one.values()), left]) for one, left in world.people(600)]
    (tmp_path / "customers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "churn.yaml").write_text(DECLARATION, encoding="utf-8")
    with Workspace(tmp_path / "space") as opened:
        opened.run(tmp_path / "churn.yaml")
        yield opened


def test_a_turn_is_noticed_learned_proved_and_promoted_and_profit_recovers(world: World, space: Workspace) -> None:
    for _ in range(BEFORE):
        world.live(space)
    assert not space.alerts.list("churn")
    world.turned = True
    for _ in range(AFTER):
        world.live(space)
    told = [change["what"] for change in reversed(space.models.changes("churn"))]
    assert told.index("raised an alert") < told.index("learning anew is due") < told.index("challenge ended")
    promoted = next(change for change in space.models.changes("churn") if change["what"] == "challenge ended")
    assert promoted["facts"]["state"] == "promoted"
    assert promoted["facts"]["evidence"]["low"] > 0
    assert space.status("churn")["champion"] == promoted["facts"]["version"] > 1
    before, turned, after = world.gains[:BEFORE], world.gains[BEFORE : BEFORE + 2], world.gains[-3:]
    usual, lost, recovered = (sum(part) / len(part) for part in (before, turned, after))
    assert lost < usual / 2
    assert recovered > 0.8 * usual


def test_a_world_that_stays_raises_no_alarm_and_changes_nothing(world: World, space: Workspace) -> None:
    for _ in range(BEFORE + AFTER):
        world.live(space)
    assert space.alerts.list("churn") == []
    assert [version.version for version in space.models.list("churn")] == [1]
    assert [change["what"] for change in reversed(space.models.changes("churn"))] == ["registered", "promoted"]
