"""Versions: commands about which version decides."""
