"""Decisions, one and many, and those that might be."""
