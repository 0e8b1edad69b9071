"""Stages: what deciding consists of, timed for whoever wants to know, and the traces that it belongs to."""
