"""Chinese: words of a text that is written without spaces, in simplified characters."""

import opencc
import rjieba

_SIMPLIFIED = opencc.OpenCC("t2s")


def words(run: str) -> list[str]:
    """The words of a run of characters, which together are the run."""
    return rjieba.cut(run)


def simplified(text: str) -> str:
    return _SIMPLIFIED.convert(text)
