"""Kinds: the formats of files, how names and first bytes tell them, and what opens each."""

FORMATS: dict[str, str] = {
    "csv": "mainspring.steps.source.files.delimited:open_delimited",
    "json": "mainspring.steps.source.files.objects:open_objects",
    "jsonl": "mainspring.steps.source.files.objects:open_objects",
    "parquet": "mainspring.steps.source.files.columnar:open_parquet",
    "arrow": "mainspring.steps.source.files.columnar:open_arrow",
    "excel": "mainspring.steps.source.files.excel:open_excel",
    "conll": "mainspring.steps.source.files.words.tagged:open_tagged",
}

SUFFIXES: dict[str, str] = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".psv": "csv", ".txt": "csv",
    ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".parquet": "parquet", ".pq": "parquet",
    ".arrow": "arrow", ".arrows": "arrow", ".ipc": "arrow", ".feather": "arrow",
    ".conll": "conll", ".iob": "conll", ".iob2": "conll", ".bio": "conll", ".bioes": "conll", ".bmes": "conll",
    ".xlsx": "excel", ".xlsm": "excel", ".xlsb": "excel", ".xls": "excel", ".ods": "excel",
}  # fmt: skip

PACKED_SUFFIXES = (".gz", ".zst", ".zstd")

BINARY = ("parquet", "arrow", "excel")
"""Formats that are compressed in themselves and read from their end."""

MAGIC: list[tuple[bytes, str]] = [
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"\xff\xff\xff\xff", "arrow"),
    (b"PK\x03\x04", "excel"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "excel"),
]

PACKED: list[tuple[bytes, str]] = [(b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd")]

NOT_READ: list[tuple[bytes, str, str]] = [
    (b"BZh", "a bzip2 file", "unpack it first, or pack it with gzip or zstd"),
    (b"\xfd7zXZ", "an xz file", "unpack it first, or pack it with gzip or zstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
    (b"Rar!", "a rar archive", "unpack it first"),
    (b"SQLite format 3\x00", "a SQLite database", "declare it as sqlite:///PATH with a query"),
    (b"%PDF", "a PDF", "export the table as CSV or Excel"),
]
