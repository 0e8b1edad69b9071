"""Flows: commands about runs, schedules, campaigns and backups."""
