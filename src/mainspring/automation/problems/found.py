"""Found: a problem on its way to its line."""

Found = tuple[tuple[str | int, ...], str, str]
"""Where it is (``("decide", "rules", 0)``), what is wrong, what to do."""
