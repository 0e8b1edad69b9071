"""Windows: the earlier rows of the keys that are decided about, kept in step with the journal."""
