"""Past: what came before the records that are decided about."""
