"""Again: a version learned once more from its record, to see that the same comes of it."""
