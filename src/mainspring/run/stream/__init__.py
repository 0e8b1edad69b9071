"""Stream: events come, are decided on, and decisions go out as events."""
