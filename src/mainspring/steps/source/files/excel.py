"""Excel: one sheet of a workbook, its first row the column names.

The sheet is held in memory; Excel's own limit is 1,048,576 rows.
"""

import fastexcel
import pyarrow as pa

from mainspring.automation.source import Source
from mainspring.errors import SourceError, nearest
from mainspring.steps.source.columns import distinct_names, one_batch
from mainspring.steps.source.files.content import Content, Opened, damaged, empty, reading


def open_excel(content: Content, source: Source) -> Opened:
    """The declared sheet, or the first. A column of mixed cells is read as text; ``N/A`` among numbers is missing.

    Raises:
        SourceError: no workbook, no such sheet (with the nearest), an empty sheet, two equal column names.
    """
    with reading(content.name), content.open() as stream:
        try:
            book = fastexcel.read_excel(stream.read())
            table = _sheet(book, _chosen(book.sheet_names, source.sheet, content.name), content.name)
        except fastexcel.FastExcelError as error:
            raise damaged(content.name) from error
    return Opened(table.schema, lambda: iter([one_batch(table)]))


def _chosen(sheets: list[str], wanted: str | None, name: str) -> str:
    if wanted is None and sheets:
        return sheets[0]
    if wanted in sheets:
        return str(wanted)
    guess = nearest(wanted or "", sheets)
    raise SourceError(
        f"there is no sheet {wanted!r}",
        where=name,
        remedy=f"did you mean {guess!r}?" if guess else f"the sheets are: {', '.join(sheets)}",
    )


def _sheet(book: fastexcel.ExcelReader, sheet: str, name: str) -> pa.Table:
    header = pa.table(book.load_sheet(sheet, header_row=None, n_rows=1, dtypes="string").to_arrow())
    if not header.num_columns:
        raise empty(f"{name}, sheet {sheet!r}")
    names = distinct_names([column[0].as_py() for column in header.columns], f"{name}, sheet {sheet!r}")
    typed = pa.Table.from_batches([book.load_sheet(sheet, header_row=0, schema_sample_rows=None).to_arrow()])
    return typed.rename_columns(names)
