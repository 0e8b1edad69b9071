"""Stack: trees that learn from the features and from what the members of a blend answered (Wolpert 1992)."""
