"""Tagging: which stretches of a text are what. A tagger learns in PyTorch and answers through ONNX Runtime."""
