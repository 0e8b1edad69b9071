"""A desk is opened once and asked many times; what its model prepares may be prepared before the first who asks."""

import random
from pathlib import Path

from mainspring.backends.opening import Settings, open_backends
from mainspring.run.decide import decide_events
from mainspring.run.desk import open_desk


def test_a_warm_desk_answers_as_a_cold_one_few_and_many(learned: Path) -> None:
    dice = random.Random(1)
    rows = [{"customer": f"N{n}", "tenure": dice.randint(0, 70), "contract": dice.choice(["One year", "新", None]),
             "charges": round(dice.uniform(20, 110), 2)} for n in range(60)]  # fmt: skip
    with open_backends(Settings.read(learned)) as backends:
        cold, warm = open_desk(backends, "retention"), open_desk(backends, "retention")
        warm.warm()
        told = {
            name: decide_events(desk, backends, rows, [f"{name}{i}" for i in range(60)]).recorded.decisions
            for name, desk in (("cold", cold), ("warm", warm))
        }
        few = [
            decide_events(warm, backends, [row], [f"few{i}"]).recorded.decisions[0] for i, row in enumerate(rows[:20])
        ]
    answers = {name: [(d.action, d.probabilities) for d in decisions] for name, decisions in told.items()}
    assert answers["cold"] == answers["warm"]
    assert [d.action for d in few] == [action for action, _ in answers["warm"][:20]]
