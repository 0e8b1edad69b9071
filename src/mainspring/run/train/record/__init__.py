"""Record: what is kept beside a version so that it can be learned again."""
