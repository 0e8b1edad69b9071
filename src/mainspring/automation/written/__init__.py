"""A declaration as its author wrote it: YAML line by line, and its tables."""
