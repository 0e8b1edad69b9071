"""Learning runs that were begun in the browser."""
