"""Watching: looking at automations, and the alerts."""
