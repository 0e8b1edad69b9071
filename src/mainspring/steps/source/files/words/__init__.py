"""Words: files with a word a line."""
