"""Decision tables from CSV files: read with the declaration, from its own folder."""

from pathlib import Path

import pytest

from mainspring.automation import Automation
from mainspring.errors import SpecError

DECLARED = "name: a\nsource: {table: x.csv}\ndecide: {rules: [{table: rules/table.csv}]}\n"


def read(folder: Path, table: bytes | str) -> Automation:
    (folder / "rules").mkdir()
    (folder / "rules" / "table.csv").write_bytes(table.encode() if isinstance(table, str) else table)
    (folder / "a.yaml").write_text(DECLARED, encoding="utf-8")
    return Automation.from_file(folder / "a.yaml")


def test_the_rows_are_taken_into_the_declaration(tmp_path: Path) -> None:
    automation = read(
        tmp_path, "\ufefftenure,contract,then,because\r\n> 24,\"'a', 'b'\",offer, loyal \r\n\r\n,,skip,\r\n"
    )
    assert automation.decide is not None
    assert automation.decide.rules[0].table == [
        {"tenure": "> 24", "contract": "'a', 'b'", "then": "offer", "because": "loyal"},
        {"tenure": "", "contract": "", "then": "skip", "because": ""},
    ]
    (tmp_path / "rules" / "table.csv").unlink()
    assert Automation.model_validate(automation.model_dump(mode="json", by_alias=True)) == automation


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("", "the file is empty"),
        ("tenure,then\n> 24,offer,more\n", "line 2 of table.csv has 3 cells, the first has 2"),
        ("tenure,tenure,then\n", "two columns are called 'tenure'"),
        ("tenure,,then\n", "a column has no name"),
        ('tenure,then\n"> 24,offer\n', "is not CSV"),
        ("tenure,then\n> 24,\n", "a row of a decision table needs 'then'"),
        ("tenure,action\n> 24,offer\n", "a row of a decision table needs 'then'"),
        ("tenure,then\n24 <,offer\n", "tenure: this is not a cell of a decision table: '24 <'"),
        ("客户,then\nx,offer\n".encode("gb18030"), "the file is not UTF-8"),
        ("tenure,then\n" + "> 24,offer\n" * 200_000, "the file has more than 2,000,000 bytes"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_a_broken_table_is_told_at_the_line_of_its_rule(tmp_path: Path, table: bytes | str, told: str) -> None:
    with pytest.raises(SpecError) as error:
        read(tmp_path, table)
    assert told in str(error.value)
    assert "line 3: decide.rules[0].table" in str(error.value)
