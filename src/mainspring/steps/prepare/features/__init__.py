"""Features: what a model sees of a column."""
