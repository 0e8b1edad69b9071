"""Export: a version in the forms that other tools run."""
