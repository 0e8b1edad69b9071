"""Words: what is seen of a word beside its tokens: its look, and its characters."""
