"""Multilabel: texts that have several labels at once: a line a label over words, over vectors of an encoder, or over both."""
