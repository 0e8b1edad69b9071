"""Access: the keys that were given out, as the database keeps them."""
