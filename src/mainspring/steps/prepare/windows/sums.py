"""Sums of many stretches of a column, exact and rounded once, so that a table tells the same as rows that come one by one.

Each number is cut into pieces of 32 bits at fixed places; pieces add up exactly as whole numbers, and the difference of two running
totals is what lies between (the long accumulator of Kulisch, as running totals).
"""

import numpy as np

PIECE = 32
LOW = np.uint64(2**PIECE - 1)
WIDE = np.uint64(PIECE)
MANTISSA = 53


def sums(values: np.ndarray, begins: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The sums of ``values[begin:end]`` (float64, finite) for every stretch: float64, NaN beyond what a number can be."""
    filled = values != 0.0
    if not filled.any():
        return np.zeros(len(begins))
    fraction, exponent = np.frexp(values)
    whole = np.abs(np.ldexp(fraction, MANTISSA)).astype(np.uint64)
    exponent = exponent.astype(np.int64) - MANTISSA
    least = int(exponent[filled].min())
    # Zeros go where they cost no piece.
    lifted = np.where(filled, exponent - least, 0)
    place, shift = lifted // PIECE, (lifted % PIECE).astype(np.uint64)
    low, high = (whole & LOW) << shift, (whole >> WIDE) << shift
    cut = (low & LOW, (low >> WIDE) + (high & LOW), high >> WIDE)
    sign = np.where(values < 0, -1, 1)
    pieces = [np.where(values == 0.0, 0, part.astype(np.int64) * sign) for part in cut]
    between: list[np.ndarray] = []
    for number in range(int(place.max()) + len(pieces)):
        here = sum(np.where(place == number - i, piece, 0) for i, piece in enumerate(pieces))
        running = np.concatenate([[0], np.cumsum(here)])
        between.append(running[ends] - running[begins])
    return _rounded(between, least)


def _rounded(between: list[np.ndarray], least: int) -> np.ndarray:
    """The whole numbers ``sum(piece[i] * 2**(32 i + least))`` as the nearest floats."""
    negative = _carried(between)[-1] < 0
    size = [np.where(negative, -part, part) for part in between]
    digits = [digit.astype(np.uint64) for digit in _carried(size)]
    digits = [*digits[:-1], digits[-1] & LOW, digits[-1] >> WIDE]
    stack = np.stack([np.zeros_like(digits[0]), np.zeros_like(digits[0]), *digits])
    rows = np.arange(stack.shape[1])
    top = np.maximum(stack.shape[0] - 1 - np.argmax(stack[::-1] != 0, axis=0), 2)
    first, second, third = stack[top, rows], stack[top - 1, rows], stack[top - 2, rows]
    below = np.concatenate([np.zeros((1, len(rows)), bool), np.logical_or.accumulate(stack != 0, axis=0)])[
        top - 2, rows
    ]
    room = (PIECE - np.frexp(first.astype(np.float64))[1]).astype(np.uint64)
    room = np.where(first == 0, 0, room).astype(np.uint64)
    window = (((first << WIDE) | second) << room) | (third >> (WIDE - room))
    left = below | ((third & ((np.uint64(1) << (WIDE - room)) - np.uint64(1))) != 0)
    window |= left.astype(np.uint64)
    with np.errstate(over="ignore"):
        size_of = np.ldexp(window.astype(np.float64), least + PIECE * (top - 3) - room.astype(np.int64))
    size_of[np.isinf(size_of)] = np.nan
    return np.where(negative, -size_of, size_of) + 0.0


def _carried(parts: list[np.ndarray]) -> list[np.ndarray]:
    """Digits from 0 to 2**32 - 1, the last digit with what is left over, and the sign."""
    digits: list[np.ndarray] = []
    carry = np.zeros_like(parts[0])
    for part in parts:
        whole = part + carry
        carry = whole >> PIECE
        digits.append(whole & int(LOW))
    return [*digits, carry]
