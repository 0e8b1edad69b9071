"""The rows that windows may still ask for."""
