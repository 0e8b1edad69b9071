"""Kept: what is kept of the past, and how answers are measured by it."""
