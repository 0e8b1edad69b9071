"""Kinds: who carries flows out."""

DURABLE = "mainspring.backends.flows.dbos:DbosFlows"
"""Loaded with the first flow; whoever only decides never pays for it."""
