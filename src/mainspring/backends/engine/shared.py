"""Shared: imported last by the process that workers are copies of. What is there by then stays as it is, so that it stays shared."""

import gc

# A collector that looked through these objects would write into each, and so make every worker a copy of its own.
gc.collect()
gc.freeze()
