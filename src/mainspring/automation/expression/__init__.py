"""The language of conditions: how its text is read, and how values are told to it."""
