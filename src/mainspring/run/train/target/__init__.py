"""Target: what is special in reading the column that is to be predicted."""
