"""Spans: marked stretches of texts: how they are written, how tags mean them, and how well found ones agree with true ones."""
