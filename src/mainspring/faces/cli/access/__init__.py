"""Access: keys on the command line."""
