"""Protect: what is private is replaced before anything reaches the disk."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from mainspring.automation.prepare import Protection
from mainspring.errors import QualityError, UnknownColumn
from mainspring.measure.values import arrays
from mainspring.measure.values.dates import read_date
from mainspring.measure.values.numerals import read_number
from mainspring.measure.values.words import is_null, plain_text

Replace = Callable[[Any], Any]

TOKEN_BYTES = 16
STARS = "***"


class Protector:
    """Replaces the values of the columns that ``rules`` name. ``key`` is the workspace's secret, at least 16 bytes.

    - *pseudonymise*: 32 hexadecimal digits of a keyed HMAC-SHA256 (RFC 2104); the same value has the same
      token in every column, so that tables still join.
    - *hash*: the same, but bound to the column's name, so that columns cannot be joined.
    - *mask*: the first and the last character with three stars between; three stars for up to three characters.
    - *generalise*: numbers to the lower end of their band (37 → 30, 345 → 300, 7 → 0, -37 → -30), dates
      to the first of their month; words to null.
    - *encrypt*: AES-SIV (RFC 5297), deterministic and bound to the column's name; :meth:`reveal` gives the text back.
    - *drop*: the column is removed.

    Nulls and blank texts become null. A value has one replacement, whether it comes as 7, 7.0 or " 7".
    """

    __slots__ = ("_key", "_replace", "rules")

    def __init__(self, rules: Mapping[str, Protection], key: bytes) -> None:
        if len(key) < 16:
            raise QualityError("the key that protects values is too short", remedy="give at least 16 random bytes")
        self.rules = dict(rules)
        self._key = key
        self._replace = {name: self._rule(name, rule) for name, rule in rules.items() if rule != "drop"}

    def __repr__(self) -> str:
        return f"Protector({len(self.rules)} columns)"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.rules, self._key)

    def apply(self, table: pa.Table) -> pa.Table:
        """The table with protected values, in its order of rows and columns.

        Raises:
            UnknownColumn: a protected column is not in the table; better no table than one with a misspelt rule.
        """
        for name, rule in self.rules.items():
            if name not in table.column_names:
                raise UnknownColumn(name, "prepare.protect", table.column_names)
            at = table.column_names.index(name)
            if rule == "drop":
                table = table.remove_column(at)
            else:
                values = self._column(table.column(at), self._replace[name], generalise=rule == "generalise")
                table = table.set_column(at, pa.field(name, values.type), values)
        return table

    def apply_one(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The record with protected values. What the record lacks is no problem."""
        out = dict(record)
        for name, rule in self.rules.items():
            if rule == "drop":
                out.pop(name, None)
            elif name in out:
                out[name] = self._replace[name](out[name])
        return out

    def token(self, column: str, value: Any) -> Any:
        """What stands in the lake for a value of the column; the value itself where no rule names the column."""
        if self.rules.get(column) == "drop":
            return None
        replace = self._replace.get(column)
        return value if replace is None else replace(value)

    def reveal(self, column: str, token: str) -> str:
        """The text behind a value that was encrypted.

        Raises:
            QualityError: the column is not encrypted, or the token was not made with this key for this column.
        """
        if self.rules.get(column) != "encrypt":
            raise QualityError(f"column {column!r} is not encrypted", remedy="only 'encrypt' can be undone")
        try:
            sealed = base64.urlsafe_b64decode(token.encode())
            return self._cipher().decrypt(sealed, [column.encode()]).decode()
        except (InvalidTag, ValueError) as error:
            raise QualityError(
                "the value was not encrypted with this workspace's key for this column", where=column
            ) from error

    @staticmethod
    def _column(column: pa.ChunkedArray, replace: Replace, *, generalise: bool) -> pa.Array:
        array = arrays.in_microseconds(arrays.one_chunk(column))
        kind = array.type if generalise and not pa.types.is_nested(array.type) else pa.string()
        return arrays.by_distinct(array, replace, kind)

    def _rule(self, column: str, rule: Protection) -> Replace:
        if rule == "generalise":
            return generalise
        if rule == "mask":
            return _of_text(mask)
        if rule == "encrypt":
            cipher, name = self._cipher(), column.encode()
            return _of_text(lambda text: base64.urlsafe_b64encode(cipher.encrypt(text.encode(), [name])).decode())
        subkey = self._subkey("pseudonym" if rule == "pseudonymise" else f"hash {column}")
        return _of_text(lambda text: hmac.digest(subkey, text.encode(), hashlib.sha256)[:TOKEN_BYTES].hex())

    def _subkey(self, purpose: str) -> bytes:
        return hmac.digest(self._key, f"mainspring {purpose}".encode(), hashlib.sha256)

    def _cipher(self) -> AESSIV:
        return AESSIV(self._subkey("encrypt 1") + self._subkey("encrypt 2"))


def mask(text: str) -> str:
    """The first and the last character, and stars that do not tell how many were between.

    >>> mask("13812345678"), mask("Li")
    ('1***8', '***')
    """
    return STARS if len(text) <= 3 else text[0] + STARS + text[-1]


def generalise(value: Any) -> Any:
    """A coarser value of the same type, or None for what is neither a number nor a date.

    >>> generalise(37), generalise("345"), generalise("2024-05-17"), generalise("Alice")
    (30, '300', '2024-05-01', None)
    """
    if is_null(value) or isinstance(value, bool):
        return None
    if isinstance(value, (datetime, date)):
        first = value.replace(day=1)
        return first.replace(hour=0, minute=0, second=0, microsecond=0) if isinstance(first, datetime) else first
    text = plain_text(value)
    if not isinstance(value, str):
        number = read_number(text or "")
        return None if number is None else type(value)(_band(number))
    if (number := read_number(value)) is not None:
        return str(_band(number))
    moment = read_date(value)
    return None if moment is None else f"{moment:%Y-%m}-01"


def _band(number: float) -> int:
    """The lower end of the band: as many zeros as the number has digits but one."""
    whole = abs(int(number))
    width = max(10, 10 ** (len(str(whole)) - 1))
    return (whole // width * width) * (-1 if number < 0 else 1)


def _of_text(replace: Callable[[str], str]) -> Replace:
    def replaced(value: Any) -> str | None:
        text = plain_text(value)
        return replace(text) if text else None

    return replaced
