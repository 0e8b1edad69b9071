"""Readable: a model that a person can read, shown so that its answer can be worked out by hand."""
