"""Serving: what is summed up while decisions are made."""
