"""Live: many who ask at once, one record each."""
