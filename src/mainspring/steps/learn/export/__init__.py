"""Export: a fitted model as a graph."""
