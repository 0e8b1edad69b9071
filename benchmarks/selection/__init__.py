"""Selection: Mainspring beside its peers, on the same rows, the same clock and the same two cores. ``make bench-selection``."""
