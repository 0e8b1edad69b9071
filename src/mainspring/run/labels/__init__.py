"""Labels that people gave, and how they come into the next run."""
