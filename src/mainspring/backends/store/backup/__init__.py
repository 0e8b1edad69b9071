"""Backup: what the database knows, as files that any database of ours can be filled from."""
