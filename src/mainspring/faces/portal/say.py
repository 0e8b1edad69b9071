"""Say: the fixed texts of the portal, and the sentences of the system, in the language of whoever looks."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from mainspring.faces.portal.words.catalogue import CHINESE
from mainspring.faces.portal.words.sentences import SENTENCES
from mainspring.steps.learn.report.markup import Html, number, text
from mainspring.steps.learn.report.words import TERMS

Language = Literal["en", "zh"]
TAGS = {"en": "en", "zh": "zh-CN"}


def language_of(cookie: str | None, accepted: str) -> Language:
    """The one that was chosen, else the one the browser asks for."""
    if cookie in ("en", "zh"):
        return "zh" if cookie == "zh" else "en"
    return "zh" if accepted.lower().startswith("zh") else "en"


@dataclass(frozen=True, slots=True)
class Say:
    """``say("{n} rows", n=3)``: escaped, in the language. KeyError where the text has no Chinese."""

    language: Language = "en"

    def __call__(self, english: str, **values: object) -> Html:
        told = CHINESE[english] if self.language == "zh" else english
        return Html(text(told).format(**{name: text(value) for name, value in values.items()}))

    def count(self, n: int | float | None, one: str, several: str) -> Html:
        """``say.count(n, "1 row", "{n} rows")``: as many things as there are, in the form that the number wants."""
        return self(one) if n == 1 else self(several, n=number(n))

    def plain(self, english: str, **values: object) -> str:
        """For attributes, which are escaped where they are written."""
        told = CHINESE[english] if self.language == "zh" else english
        return told.format(**values)

    def term(self, word: str) -> Html:
        """A word of the system itself (a state, a step, a measure) where it is known, else the word as it is."""
        if word in TERMS:
            return Html(TERMS[word][self.language == "zh"])
        return text(CHINESE.get(word, word) if self.language == "zh" else word)

    def sentence(self, english: object) -> Html:
        """What the system composed with values and kept: an alert, a reason. What no template is of, people's own words, stays as it is."""
        return text(SENTENCES.chinese(str(english)) if self.language == "zh" else english)

    def ago(self, at: datetime | str | None, now: datetime | None = None) -> Html:
        """How long ago, in the largest unit that fits."""
        if at is None:
            return Html("–")
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = max(0, int(((now or datetime.now(UTC)) - moment).total_seconds()))
        if seconds < 60:
            return self("just now")
        if seconds < 3600:
            return self("{n} min ago", n=seconds // 60)
        if seconds < 86400:
            return self("{n} h ago", n=seconds // 3600)
        return self("{n} d ago", n=seconds // 86400)
