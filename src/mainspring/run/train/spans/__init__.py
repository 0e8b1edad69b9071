"""Spans: the steps of a learning run that are other where stretches of texts are asked for: no features, no search, one tagger."""
