"""Watch: the order of a look: what is read, what is compared, who is told."""
