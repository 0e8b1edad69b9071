"""Text: what is learned from free text, beside the numbers and categories of a table."""
