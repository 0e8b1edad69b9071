"""Addresses: what can be asked beside deciding."""
