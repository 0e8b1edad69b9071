"""Triggers: when an automation is learned anew."""
