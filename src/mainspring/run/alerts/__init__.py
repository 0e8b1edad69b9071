"""Alerts: what findings become, who is told of them and how. Of a look, and of a challenge."""
