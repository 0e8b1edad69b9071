"""Announced: sources that say themselves when something is new."""
