"""Train: the steps of a learning run, a file each, and their order."""
