"""Labelling: which rows a person is asked to label, and which labels are doubted."""
