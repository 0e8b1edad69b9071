"""Turn away: who asks again too soon waits, so that those who were let in are answered."""

import asyncio
import time
from collections.abc import Callable, Coroutine

import pytest

from mainspring.faces.serve.load.turned_away import LONGEST, TurnedAway
from mainspring.faces.serve.problems import Refused

ONE, OTHER = ("10.0.0.1", 40_001), ("10.0.0.1", 40_002)


def seconds_waited(work: Callable[[], Coroutine[None, None, None]]) -> float:
    began = time.monotonic()
    asyncio.run(work())
    return time.monotonic() - began


def told(turned: TurnedAway, wait: float, pace: float = 0.0) -> int:
    return int((turned.refusal(wait, pace).headers or {})["Retry-After"])


def test_who_was_not_turned_away_does_not_wait() -> None:
    turned = TurnedAway(lambda name: True)
    turned.remember(ONE, "shop", turned.refusal(5))
    assert seconds_waited(lambda: turned.wait(OTHER, "shop")) < 0.5
    assert seconds_waited(lambda: turned.wait(ONE, "another")) < 0.5
    assert seconds_waited(lambda: turned.wait(None, "shop")) < 0.5


def test_who_comes_too_soon_waits_the_time_out_and_only_once() -> None:
    turned = TurnedAway(lambda name: True)
    turned.remember(ONE, "shop", turned.refusal(1))
    assert seconds_waited(lambda: turned.wait(ONE, "shop")) == pytest.approx(1.0, abs=0.5)
    assert seconds_waited(lambda: turned.wait(ONE, "shop")) < 0.5


def test_who_comes_too_soon_goes_in_once_there_is_room() -> None:
    looked: list[str] = []

    def full(name: str) -> bool:
        looked.append(name)
        return len(looked) < 2

    turned = TurnedAway(full)
    turned.remember(ONE, "shop", turned.refusal(60))
    assert seconds_waited(lambda: turned.wait(ONE, "shop")) < 20
    assert looked == ["shop", "shop"]


def test_the_more_stay_away_the_later_each_is_to_come_again() -> None:
    turned = TurnedAway(lambda name: True)
    assert told(turned, 0.0, 0.01) == 1
    for port in range(100):
        turned.remember(("10.0.0.1", port), "shop", turned.refusal(1))
    assert told(turned, 0.0, 0.01) == 5, "a hundred that take a second to answer, in a fifth of the time"
    assert told(turned, 7.0, 0.01) == 7, "nor before the work ahead is done"
    assert told(turned, 0.0, 10.0) == LONGEST


def test_who_does_not_come_again_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    turned = TurnedAway(lambda name: True)
    for port in range(100):
        turned.remember(("10.0.0.1", port), "shop", turned.refusal(3))
    assert told(turned, 0.0, 0.01) == 5
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 4)
    assert told(turned, 0.0, 0.01) == 1
    assert not turned._until


def test_a_refusal_that_names_no_time_keeps_nobody() -> None:
    turned = TurnedAway(lambda name: True)
    turned.remember(ONE, "shop", Refused(404, "no", "no"))
    assert seconds_waited(lambda: turned.wait(ONE, "shop")) < 0.5


def test_who_hangs_up_while_it_waits_is_forgotten() -> None:
    turned = TurnedAway(lambda name: True)
    turned.remember(ONE, "shop", turned.refusal(60))

    async def leave() -> None:
        waiting = asyncio.create_task(turned.wait(ONE, "shop"))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.wait([waiting])

    asyncio.run(leave())
    assert not turned._until
