"""Alone: questions that are learned without a search, by one learner: the steps of a run that are other there."""
