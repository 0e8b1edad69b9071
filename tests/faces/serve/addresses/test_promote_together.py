"""Which version decides, over HTTP; and where two must agree, one is not enough."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mainspring import Automation, Workspace
from mainspring.errors import SpecError
from mainspring.run.flows import promotion
from mainspring.run.progress import Silent

pytestmark = pytest.mark.slow
HERE = "/v1/automations/retention"


@pytest.fixture(scope="module")
def space(place: Path, copied, declaration: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Two versions of an automation whose changes need two people; the first decides."""
    folder = copied(place, tmp_path_factory.mktemp("two") / "space")
    first = Automation.from_file(declaration)
    strict = first.model_copy(update={"watch": first.watch.model_copy(update={"approvals": 2})})
    strict = strict.model_copy(
        update={"source": strict.source.model_copy(update={"table": str(declaration.parent / "customers.csv")})}
    )
    with Workspace(folder) as opened:
        opened.run(strict, fresh=True)
        opened.models.promote("retention", 2)
        opened.run(strict, fresh=True)
        yield opened


@pytest.fixture(scope="module")
def asker(space: Workspace, begun) -> Iterator:
    def key(role: str) -> str:
        return space.keys.new("li", [f"{role}:retention"])["key"]

    with begun(space, key("admin")) as client:
        yield lambda role: client.showing(key(role))


def champion(space: Workspace) -> int:
    return space.status("retention")["champion"]


def agreed(space: Workspace, version: int) -> None:
    """This version decides, whichever did before: a test may be repeated, or another process may have had those before it."""
    if champion(space) != version:
        for who in ("zhao", "qian"):
            space.models.promote("retention", version, by=who)
    assert champion(space) == version


def test_a_run_does_not_promote(space: Workspace) -> None:
    assert [one.version for one in space.models.list("retention")] == [1, 2, 3]
    assert champion(space) == 2


def test_a_schedule_does_not_promote(space: Workspace) -> None:
    backends = space._backends
    task = promotion.begin(backends, "retention", {"version": 3}, "scheduled")
    with pytest.raises(SpecError, match="0 of 2 people agree"):
        backends.flows.open().carry_out(task, promotion.carrier(backends, Silent()))
    assert champion(space) == 2


def test_two_must_agree(space: Workspace, asker) -> None:
    agreed(space, 2)
    li, wang = asker("approver"), asker("approver")
    told = [client.post(f"{HERE}/promotions", json={"version": 3, "why": "better"}).json() for client in (li, li)]
    assert [(one["champion"], one["needed"], len(one["approved_by"])) for one in told] == [(False, 2, 1)] * 2
    assert champion(space) == 2
    last = wang.post(f"{HERE}/promotions", json={"version": 3}).json()
    assert (last["champion"], len(last["approved_by"])) == (True, 2)
    assert champion(space) == 3
    by = next(change["by"] for change in space.models.changes("retention") if change["what"] == "promoted")
    assert by.count("li (") == 2


def test_back_again_needs_one_and_agreement_is_spent(space: Workspace, asker) -> None:
    agreed(space, 2)
    agreed(space, 3)
    li = asker("approver")
    assert li.post(f"{HERE}/rollbacks", json={"why": "complaints"}).json() == {"automation": "retention", "version": 2}
    assert champion(space) == 2
    aliases = {one["version"]: one["aliases"] for one in li.get(f"{HERE}/versions").json()["versions"]}
    assert "champion" in aliases[2]
    again = li.post(f"{HERE}/promotions", json={"version": 3}).json()
    assert (again["champion"], len(again["approved_by"])) == (False, 1)


def test_an_operator_may_not(asker) -> None:
    operator = asker("operator")
    assert operator.post(f"{HERE}/promotions", json={"version": 3}).status_code == 403
    assert operator.post(f"{HERE}/rollbacks", json={}).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [({"version": 99}, 404), ({"version": 0}, 422), ({"version": "3"}, 422), ({}, 422), ({"version": 3, "x": 1}, 422)],
)
def test_what_is_no_promotion(asker, body: dict, status: int) -> None:
    assert asker("approver").post(f"{HERE}/promotions", json=body).status_code == status
