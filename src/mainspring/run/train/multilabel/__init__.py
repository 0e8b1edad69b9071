"""Multilabel: the steps of a learning run that are other where several labels are asked for at once: no search, a line a label."""
