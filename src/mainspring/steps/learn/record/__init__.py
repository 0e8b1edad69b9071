"""Record: what a search did by the clock and by measuring, so that it can be done again."""
