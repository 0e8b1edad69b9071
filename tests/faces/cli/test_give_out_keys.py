"""``mainspring keys``."""

import json

import pytest


def told(result) -> dict:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_key_is_made_listed_and_revoked(ask) -> None:
    made = told(
        ask("keys", "new", "till", "--role", "viewer", "--role", "operator:retention", "--expires", "90d", "--json")
    )
    assert made["key"].startswith(f"ms_{made['id']}_")
    listed = ask("keys", "--json").stdout
    assert made["key"].rsplit("_", 1)[1] not in listed
    (found,) = [key for key in json.loads(listed) if key["id"] == made["id"]]
    assert (found["roles"], found["state"], found["name"]) == (["viewer", "operator:retention"], "valid", "till")
    assert told(ask("keys", "revoke", made["key"], "--json"))["state"] == "revoked"
    assert told(ask("keys", "revoke", made["id"], "--json"))["state"] == "revoked"


def test_people_are_told_that_it_is_shown_once(ask) -> None:
    result = ask("keys", "new", "till", "--role", "viewer", "--rate", "10", "--quota", "1000")
    assert result.exit_code == 0
    assert "ms_" in result.output
    assert "shown this once" in result.output


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["keys", "new", "till", "--role", "oprator"], "operator"),
        (["keys", "new", "till", "--role", "viewer", "--expires", "soon"], "90d"),
        (["keys", "new", " ", "--role", "viewer"], "name"),
        (["keys", "new", "till", "--role", "viewer", "--rate", "-1"], "more than zero"),
        (["keys", "revoke", "0000"], "there is no key"),
    ],
)
def test_mistakes_are_told(run_script, place, arguments: list[str], word: str) -> None:
    ended = run_script(*arguments, "-w", place)
    assert ended.returncode == 2
    assert word in ended.stderr
