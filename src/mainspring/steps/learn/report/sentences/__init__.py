"""Sentences that the system composed and kept in English, said in Chinese."""
