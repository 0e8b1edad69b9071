"""Looks: how a piece of a word, and the word, are written, which an encoder without capitals cannot see."""

LOOKS = 10
"""How many there are."""


def look_of(piece: str, unit: str) -> int:
    """0 to 9: how the piece, and the unit it is of, are written."""
    if not any(one.isalpha() for one in unit):
        return 1 if any(one.isdigit() for one in unit) else 2
    if any(one.isdigit() for one in unit):
        return 3 if unit.isupper() else 4
    if unit.islower():
        return 0
    if unit.isupper():
        return 5 if len(unit) > 1 else 6
    if unit[0].isupper() and unit[1:].islower():
        return 7
    return 8 if piece[:1].isupper() else 9
