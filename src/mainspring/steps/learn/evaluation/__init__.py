"""Evaluation: how good a model is on rows that no choice has seen, what it rests on, and whether that can be believed."""
