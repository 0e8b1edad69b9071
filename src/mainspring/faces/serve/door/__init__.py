"""Door: who comes in, and what each address needs of them."""
