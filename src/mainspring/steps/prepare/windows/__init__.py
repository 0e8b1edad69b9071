"""Windows: what is told of earlier rows of the same key, row by row as they come or for a whole table at once, to the same bits."""
