"""An encoder that is trained on for the classes at hand: all of it, or a few weights beside it."""
