"""Multilabel: several labels a row: how they are written, how well they are found, and above which probability they are said."""
