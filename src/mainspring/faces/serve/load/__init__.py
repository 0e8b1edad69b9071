"""Load: many requests at once: gathered, measured, and turned away before they are too many."""
