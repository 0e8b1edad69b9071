"""The page about sources says what is so: its examples are valid, and every kind has one."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mainspring.automation.source import Source
from mainspring.steps.source.address import scheme
from mainspring.steps.source.files.kinds import SUFFIXES
from mainspring.steps.source.kinds import FILES, NOT_READ, READ_BY_THE_RUN, READERS

PAGE = (Path(__file__).parents[3] / "docs" / "sources.md").read_text(encoding="utf-8")
EXAMPLES = [YAML(typ="safe").load(block)["source"] for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.get("table", "sql"))
def test_an_example_is_valid(example: dict) -> None:
    source = Source.model_validate(example)
    assert source.sql or scheme(source.table or "") in {"", *READERS, *READ_BY_THE_RUN}


def test_every_kind_has_an_example() -> None:
    shown = {scheme(example.get("table", "sql:")) or FILES for example in EXAMPLES}
    assert shown >= {*READERS, *READ_BY_THE_RUN} - {"http"}


def test_every_suffix_and_every_refusal_is_listed() -> None:
    assert [suffix for suffix in SUFFIXES if f"`{suffix}`" not in PAGE] == []
    assert [kind for kind in NOT_READ if f"`{kind}:" not in PAGE] == []
