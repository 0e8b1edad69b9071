"""Triggers: when it is time to learn anew, and who feeds whom."""
