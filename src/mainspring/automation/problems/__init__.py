"""Problems: what cannot be right in a declaration whose parts, each for itself, are."""
