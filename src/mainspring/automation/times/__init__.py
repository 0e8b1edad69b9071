"""Times: how often, and when."""
