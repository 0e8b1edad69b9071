"""Stages: what deciding consists of, timed for whoever wants to know."""
