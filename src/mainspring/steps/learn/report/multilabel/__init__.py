"""Multilabel: what the report shows of a model that tells several labels at once."""
