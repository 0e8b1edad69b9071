"""The report: one self-contained page about what was learned, for the people who are to trust it."""
