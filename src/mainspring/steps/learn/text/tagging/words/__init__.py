"""Words: what is seen of a word beside its tokens (its look, its characters), and tokens that hold several words."""
