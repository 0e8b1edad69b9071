"""Challenge: versions that must prove themselves before they decide."""
