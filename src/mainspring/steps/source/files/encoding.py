"""Encoding: which text encoding a file has, and its text, strictly decoded, in pieces."""

import codecs
from collections.abc import Iterator

import charset_normalizer

from mainspring.errors import SourceError, nearest
from mainspring.steps.source.files.content import Content

PIECE = 1 << 20
EVIDENCE = 20_000
"""So many characters beyond ASCII are looked at before a file is taken for Chinese."""

_MARKS = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]
_SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030"}
_KNOWN = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "gb18030",
    "gbk",
    "big5",
    "shift_jis",
    "euc-kr",
    "cp1252",
    "latin-1",
)


def encoding_of(content: Content, declared: str | None) -> str:
    """The declared encoding, else the one the bytes tell: a byte order mark, UTF-16 without, UTF-8, GB18030.

    The whole file must be valid in it; a file valid in none of them is not guessed at.

    Raises:
        SourceError: the declared encoding does not exist, or the encoding cannot be told.
    """
    head = content.head()
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if declared is not None:
        return _declared(declared, marked, content.name)
    if marked:
        return marked
    if (wide := _wide(head)) is not None:
        return wide
    if _valid(content, "utf-8"):
        return "utf-8"
    if _valid(content, "gb18030") and _reads_as_chinese(content):
        return "gb18030"
    guess = charset_normalizer.from_bytes(head).best()
    raise SourceError(
        "the text encoding cannot be told: it is neither UTF-8, nor UTF-16, nor GB18030",
        where=content.name,
        remedy=f"declare it under source, for example `encoding: {guess.encoding if guess else 'cp1252'}`",
    )


def _declared(name: str, marked: str | None, where: str) -> str:
    try:
        "a".encode(name)
        canonical = codecs.lookup(name).name
    except (LookupError, UnicodeError):
        guess = nearest(name.lower(), _KNOWN)
        raise SourceError(
            f"there is no text encoding {name!r}",
            where=where,
            remedy=f"did you mean {guess!r}?" if guess else f"for example: {', '.join(_KNOWN)}",
        ) from None
    if marked and marked.startswith(canonical):
        return marked
    return _SUPERSETS.get(canonical, canonical)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: zero bytes mostly on one side of each pair, and letters or digits among the characters."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if not even and not odd:
        return None
    for name, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        text = head[: len(head) // 2 * 2].decode(name, "ignore")
        plain = sum(c.isascii() and c.isprintable() for c in text)
        if zeros > others and plain * 32 >= len(text):
            return name
    return None


def _valid(content: Content, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with content.open() as stream:
            while piece := stream.read(PIECE):
                decoder.decode(piece)
            decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _reads_as_chinese(content: Content) -> bool:
    """Most characters beyond ASCII are the everyday ones of GB 2312; of other languages' bytes few are."""
    foreign = ""
    for piece in decoded(content, "gb18030"):
        foreign += "".join(c for c in piece[: 4 * EVIDENCE] if not c.isascii())
        if len(foreign) >= EVIDENCE:
            break
    return len(foreign.encode("gb2312", "ignore")) // 2 >= 0.7 * len(foreign)


def decoded(content: Content, encoding: str) -> Iterator[str]:
    """The text in pieces of about a million characters, without its byte order mark.

    Raises:
        SourceError: bytes that the encoding does not know, or NUL characters; with the line and the byte offset.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    offset, lines = 0, 1
    with content.open() as stream:
        while True:
            piece = stream.read(PIECE)
            held = len(decoder.getstate()[0])
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                before = error.object[: error.start].decode(encoding, "ignore")
                raise _undecodable(
                    content.name, encoding, lines + line_ends(before), offset - held + error.start
                ) from None
            if "\0" in text:
                before = text[: text.index("\0")]
                raise _nul(
                    content.name, lines + line_ends(before), offset - held + len(before.encode(encoding, "ignore"))
                )
            yield text if offset else text.removeprefix("\ufeff")
            if not piece:
                return
            offset += len(piece)
            lines += line_ends(text)


def line_ends(text: str) -> int:
    return text.count("\n") or text.count("\r")


def _undecodable(name: str, encoding: str, line: int, offset: int) -> SourceError:
    return SourceError(
        f"line {line}, byte {offset}: not {encoding} text",
        where=name,
        remedy="correct `encoding` under source, or leave it out to have it detected; else export the file again",
    )


def _nul(name: str, line: int, offset: int) -> SourceError:
    return SourceError(
        f"line {line}, byte {offset}: a NUL character; the file is not text, or was not written to its end",
        where=name,
        remedy="export it again; if it is UTF-16, declare `encoding: utf-16-le` (or -be) under source",
    )
