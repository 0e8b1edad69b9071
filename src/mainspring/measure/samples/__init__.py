"""Samples: how their values lie, how far two of them lie apart, and how surely."""
