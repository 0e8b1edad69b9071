"""Blueprints: small automations to begin with, each a declaration and data of our own."""
