"""Feedback: what happened, taken in; and what the decisions earned by it."""
