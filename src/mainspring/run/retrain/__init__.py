"""Retrain: a version learned anew, warm, from what is new, and held against the one that decides."""
