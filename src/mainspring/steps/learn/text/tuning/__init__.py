"""Tuning: pretrained encoders trained on. The only room that speaks PyTorch, transformers and peft."""
