"""The journal, for people."""
