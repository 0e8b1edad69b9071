"""Challenge: how a new version decides beside the champion, and what becomes of it."""
