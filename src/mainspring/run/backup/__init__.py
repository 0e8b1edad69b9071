"""Backup: a workspace as a folder, and a workspace made of one that decides the same."""
