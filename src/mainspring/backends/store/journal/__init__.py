"""Journal: a decision as a row, and back."""
