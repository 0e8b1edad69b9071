"""Access: who asks, by key, token or session, and how much."""
