"""The pages of one automation."""
