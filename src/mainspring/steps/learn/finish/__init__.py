"""Finish: the blend is chosen, learned on all rows and measured."""
