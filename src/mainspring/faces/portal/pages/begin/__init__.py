"""From a dropped table to the first decision."""
