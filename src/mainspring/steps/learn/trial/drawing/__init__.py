"""Drawing: candidates near the best, and how far they go."""
