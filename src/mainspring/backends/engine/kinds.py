"""Engines by the name that an ``engine`` URL begins with."""

KINDS = {"local": "mainspring.backends.engine.local:open_engine"}
