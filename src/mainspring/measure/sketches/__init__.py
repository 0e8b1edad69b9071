"""Sketches: small summaries of columns that add up over batches, processes and stretches of time."""
