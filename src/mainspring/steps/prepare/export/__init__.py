"""Export: a fitted preparation as a graph."""
