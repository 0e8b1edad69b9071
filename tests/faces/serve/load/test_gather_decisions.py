"""Who asks while others are being answered is answered together with them, as if alone."""

import asyncio
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mainspring import Workspace
from mainspring.errors import BadRecord, NotFound
from mainspring.faces.serve.load.gathering import Gathering, Manner
from mainspring.faces.serve.problems import Refused

DASHBOARD = Path(__file__).parents[4] / "docs" / "examples" / "grafana.json"
NAME = re.compile(r"mainspring_\w+")
QUICK = Manner(reasons=False)
HERE = "/v1/automations/retention/decisions"


def ask(client, count: int, **more: object) -> list:
    with ThreadPoolExecutor(16) as askers:
        return list(
            askers.map(
                lambda n: client.post(HERE, json={"record": {"customer": f"J{n}", "tenure": n % 70}} | more),
                range(count),
            )
        )


@pytest.mark.parametrize("reasons", [True, False])
def test_together_is_as_alone(client, workspace: Workspace, reasons: bool) -> None:
    together = ask(client, 60, reasons=reasons)
    assert {answer.status_code for answer in together} == {200}
    for n, answer in list(enumerate(together))[::7]:
        alone = workspace.decide("retention", {"customer": f"J{n}", "tenure": n % 70}, reasons=reasons).to_pylist()[0]
        told = answer.json()
        assert told.pop("at") == alone.pop("at").isoformat()
        assert told == alone


def test_a_bad_record_spoils_no_other(client) -> None:
    with ThreadPoolExecutor(16) as askers:
        answers = list(
            askers.map(
                lambda n: client.post(HERE, json={"record": {"customer": f"B{n}", "tenure": "soon" if n % 3 else n}}),
                range(60),
            )
        )
    assert [answer.status_code for answer in answers] == [422 if n % 3 else 200 for n in range(60)]
    assert {answer.json()["errors"][0]["field"] for answer in answers if answer.status_code == 422} == {"tenure"}


def test_predictions_are_gathered_too_and_a_bad_record_spoils_none(client, workspace: Workspace) -> None:
    path = HERE.replace("decisions", "predictions")
    records = [{"customer": f"P{n}", "tenure": n if n % 3 else "soon"} for n in range(60)]
    with ThreadPoolExecutor(16) as askers:
        answers = list(askers.map(lambda record: client.post(path, json={"record": record}), records))
    assert [answer.status_code for answer in answers] == [200 if n % 3 else 422 for n in range(60)]
    assert {answer.json()["errors"][0]["field"] for answer in answers if answer.status_code == 422} == {"tenure"}
    alone = workspace.predict("retention", records[7], strict=True).to_pylist()[0]
    assert answers[7].json() == alone
    many = client.post(path, json={"records": records[:48]}).json()
    assert (many["answered"], many["refused"]) == (32, 16)
    assert many["predictions"][6]["problem"]["errors"][0]["field"] == "tenure"
    assert many["predictions"][7]["prediction"] == alone["prediction"]


def test_each_on_its_own_occasion(client) -> None:
    record = {"customer": "O1", "tenure": 3}
    with ThreadPoolExecutor(8) as askers:
        answers = list(
            askers.map(lambda n: client.post(HERE, json={"record": record, "occasion": f"o{n % 4}"}).json(), range(40))
        )
    assert len({answer["decision"] for answer in answers}) == 4


class Slow:
    """Answers when it is let, and counts how many were asked about at once."""

    def __init__(self) -> None:
        self.open, self.asked = threading.Event(), []

    def decide(self, name: str, records: list, occasion: list, *, reasons: bool, durable: bool) -> list:
        self.asked.append(len(records))
        assert self.open.wait(30)
        if name == "none":
            raise NotFound("automation", name)
        return [BadRecord("no", fields={"a": "no"}) if record.get("bad") else {"n": record["n"]} for record in records]


def together(work) -> object:
    async def run() -> object:
        slow = Slow()
        with ThreadPoolExecutor(2) as threads:
            return await work(slow, Gathering(slow, threads, patience=1.0))  # pyright: ignore[reportArgumentType]

    return asyncio.run(run())


def test_those_who_wait_go_together() -> None:
    async def work(slow: Slow, gathering: Gathering) -> None:
        first = [asyncio.create_task(gathering.decide("shop", {"n": n, "bad": n == 3}, "", QUICK)) for n in range(50)]
        await asyncio.sleep(0.05)
        slow.open.set()
        told = await asyncio.gather(*first, return_exceptions=True)
        assert [answer["n"] for answer in told if isinstance(answer, dict)] == [n for n in range(50) if n != 3]
        assert isinstance(told[3], BadRecord)
        assert slow.asked == [1, 49]

    together(work)


def test_those_who_come_again_go_together_again() -> None:
    async def work(slow: Slow, gathering: Gathering) -> None:
        async def asker(n: int) -> list[int]:
            return [(await gathering.decide("shop", {"n": n}, "", QUICK))["n"] for _ in range(5)]

        askers = [asyncio.create_task(asker(n)) for n in range(9)]
        await asyncio.sleep(0.05)
        slow.open.set()
        assert await asyncio.gather(*askers) == [[n] * 5 for n in range(9)]
        # Eight and one at first; the one would else be alone each time, with a transaction of its own.
        assert sum(slow.asked) == 45
        assert len(slow.asked) <= 8

    together(work)


def test_one_who_comes_after_many_is_not_held_for_long() -> None:
    async def work(slow: Slow, gathering: Gathering) -> None:
        slow.open.set()
        await asyncio.gather(*(gathering.decide("shop", {"n": n}, "", QUICK) for n in range(20)))
        gathering._lines["shop", QUICK].pace = 60.0
        assert await asyncio.wait_for(gathering.decide("shop", {"n": 1}, "", QUICK), 5) == {"n": 1}
        assert slow.asked[-1] == 1
        assert gathering._lines["shop", QUICK].held is None

    together(work)


def test_one_who_left_holds_up_nobody() -> None:
    async def work(slow: Slow, gathering: Gathering) -> None:
        tasks = [asyncio.create_task(gathering.decide("shop", {"n": n}, "", QUICK)) for n in range(3)]
        await asyncio.sleep(0.05)
        tasks[1].cancel()
        slow.open.set()
        assert (await tasks[0], await tasks[2]) == ({"n": 0}, {"n": 2})

    together(work)


def test_what_does_not_exist_is_told_to_all_and_forgotten() -> None:
    async def work(slow: Slow, gathering: Gathering) -> None:
        slow.open.set()
        told = await asyncio.gather(
            *(gathering.decide("none", {}, "", QUICK) for _ in range(5)), return_exceptions=True
        )
        assert all(isinstance(error, NotFound) for error in told)
        assert not gathering._lines

    together(work)


def test_too_many_are_turned_away_at_once() -> None:
    async def work(slow: Slow, gathering: Gathering) -> None:
        slow.open.set()
        await gathering.decide("shop", {"n": 0}, "", QUICK)
        slow.open.clear()
        gathering._lines["shop", QUICK].pace = 0.1
        tasks = [asyncio.create_task(gathering.decide("shop", {"n": n}, "", QUICK)) for n in range(100)]
        await asyncio.sleep(0.05)
        turned_away = [task for task in tasks if task.done()]
        assert 80 <= len(turned_away) < 100
        for task in turned_away:
            assert isinstance(error := task.exception(), Refused)
            assert (error.status, int(error.headers["Retry-After"]) >= 1) == (503, True)
        slow.open.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert sum(task.exception() is None for task in tasks) == 100 - len(turned_away)

    together(work)


def test_a_slow_first_answer_turns_nobody_away() -> None:
    async def work(slow: Slow, gathering: Gathering) -> None:
        first = asyncio.create_task(gathering.decide("shop", {"n": 0}, "", QUICK))
        await asyncio.sleep(1.2)
        slow.open.set()
        await first
        slow.open.clear()
        tasks = [asyncio.create_task(gathering.decide("shop", {"n": n}, "", QUICK)) for n in range(100)]
        await asyncio.sleep(0.05)
        slow.open.set()
        assert len(await asyncio.gather(*tasks)) == 100

    together(work)


def test_a_few_may_always_wait_together() -> None:
    async def work(slow: Slow, gathering: Gathering) -> None:
        slow.open.set()
        await gathering.decide("shop", {"n": 0}, "", QUICK)
        slow.open.clear()
        gathering._lines["shop", QUICK].pace = 60.0
        tasks = [asyncio.create_task(gathering.decide("shop", {"n": n}, "", QUICK)) for n in range(8)]
        await asyncio.sleep(0.05)
        slow.open.set()
        assert len(await asyncio.gather(*tasks)) == 8

    together(work)


def test_metrics_count_what_was_decided(client) -> None:
    client.post(HERE, json={"record": {"customer": "M1", "tenure": 3}})
    shown = client.get("/metrics").text
    assert 'mainspring_decisions_total{action="' in shown
    assert (
        'mainspring_http_requests_total{method="POST",route="/v1/automations/{name}/decisions",status="200"}' in shown
    )
    assert "mainspring_http_request_seconds_bucket" in shown


def test_the_dashboard_asks_for_what_is_counted(client) -> None:
    client.post(HERE, json={"record": {"customer": "M2", "tenure": 3}})
    shown = client.get("/metrics").text
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    asked = {
        name for panel in dashboard["panels"] for target in panel["targets"] for name in NAME.findall(target["expr"])
    }
    assert len(asked) == 4
    assert not [name for name in asked if f"# TYPE {name.removesuffix('_bucket')} " not in shown]
