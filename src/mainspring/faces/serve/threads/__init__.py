"""Threads: what goes on beside the answering: delivering, listening, looking."""
