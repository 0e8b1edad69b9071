"""Commands over labels that people give."""
