"""Encoder: pretrained encoders of the BERT kind: found, kept, and asked through ONNX Runtime."""
