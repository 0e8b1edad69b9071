"""Spans: what the report shows of a tagger."""
