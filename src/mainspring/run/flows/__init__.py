"""Flows: what is carried out in durable steps, now, later or again."""
