"""Watching: what looks saw, what is compared with what, which alerts stand, and how decisions were served."""
