"""Text: what is learned from free text, with pretrained encoders."""
