"""Values: how what stands in a column is read: numbers, dates, words, and what means missing."""
