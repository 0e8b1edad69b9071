"""Planning: what a search is going to take."""
