"""What `/openapi.json` says is so: a real server is asked all kinds of things by its description, and its answers fit it."""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mainspring import Workspace

pytestmark = pytest.mark.slow
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
UNHURRIED = settings(
    suppress_health_check=list(HealthCheck), database=None, derandomize=True, deadline=None, phases=[Phase.generate],
)  # fmt: skip
HERE_ONE = "GET /v1/automations/{name}/decisions/{decision}"
"""Nobody guesses the id of a decision."""
MODES = {GenerationMode.POSITIVE: 16, GenerationMode.NEGATIVE: 8}
"""So many requests an address: some that fit its description, and some that do not."""


@pytest.fixture(scope="module")
def described(place: Path, copied, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """The description of a gateway, which is a process of its own."""
    space = copied(place, tmp_path_factory.mktemp("described") / "space")
    with Workspace(space) as workspace:
        shown = {"Authorization": f"Bearer {workspace.keys.new('tests', ['admin'])['key']}"}
    program = Path(sys.executable).with_name("mainspring")
    command = [program, "serve", "--json", "--port", "0", "-w", str(space), "--patience", "60s"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        url = json.loads(server.stdout.readline())["url"]
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json", headers=shown)
        schema.config.update(headers=shown)
        yield schema
        server.terminate()


def about_what_is_there(case: schemathesis.Case) -> schemathesis.Case:
    """Half of the names are that of an automation: else nearly all would be about what is not there."""
    if "name" in (case.path_parameters or {}) and len(str(case.path_parameters["name"])) % 2:
        case.path_parameters["name"] = "retention"
    return case


def ask(operation: APIOperation, mode: GenerationMode, examples: int, answered: set[int]) -> None:
    @settings(UNHURRIED, max_examples=examples)
    @given(case=operation.as_strategy(generation_mode=mode))
    def fits(case: schemathesis.Case) -> None:
        answered.add(about_what_is_there(case).call_and_validate(checks=CHECKS).status_code)

    fits()


def test_answers_fit_the_description(described) -> None:
    wrong: dict[str, str] = {}
    answered: dict[str, set[int]] = defaultdict(set)
    # What goes on for ever has no answer to look at.
    operations = [found.ok() for found in described.exclude(path_regex="/live$").get_all_operations()]
    for operation, (mode, examples) in product(operations, MODES.items()):
        try:
            ask(operation, mode, examples, answered[operation.label])
        except Unsatisfiable:
            assert mode == GenerationMode.NEGATIVE  # there are addresses that nothing can be wrong with
        except Exception as error:
            wrong[f"{operation.label} ({mode.value})"] = str(error)[:1_500]
    assert len(operations) >= 20
    assert not wrong, "\n\n".join(f"{label}: {what}" for label, what in wrong.items())
    assert {label for label, statuses in answered.items() if label.startswith("GET") and statuses == {404}} <= {
        HERE_ONE
    }
    assert {200, 422} <= answered["POST /v1/automations/{name}/decisions"]


@pytest.mark.parametrize(("status", "body"), [(500, b"{}"), (299, b"{}"), (200, b'{"automations": 7}')])
def test_what_does_not_fit_is_noticed(described, status: int, body: bytes) -> None:
    asked = httpx.Request("GET", "http://gateway/v1/automations")
    answer = httpx.Response(status, content=body, headers={"content-type": "application/json"}, request=asked)
    answer.elapsed = timedelta()
    with pytest.raises(FailureGroup):
        described["/v1/automations"]["GET"].Case().validate_response(answer, checks=CHECKS)
