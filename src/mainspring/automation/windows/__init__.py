"""Windows: what came before a row, as columns of it."""
