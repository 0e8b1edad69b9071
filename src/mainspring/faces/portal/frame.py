"""Frame: what stands around every page: the head, the bar, notices."""

from urllib.parse import quote

from mainspring.errors import MainspringError
from mainspring.faces.portal.page import Visit
from mainspring.faces.portal.say import TAGS
from mainspring.faces.serve.problems import Refused
from mainspring.steps.learn.report.markup import Html, join, tag

# A wound spring, drawn once and used as sign and as icon of the tab.
SPRING = "M4 12a8 8 0 1 1 8 8 6 6 0 0 1-6-6 5 5 0 0 1 5-5 4 4 0 0 1 4 4 3 3 0 0 1-3 3 2 2 0 0 1-2-2"
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#0f766e" stroke-width="2" '
    f'stroke-linecap="round"><path d="{SPRING}"/></svg>'
)
GLYPHS = {
    "home": "M4 11l8-7 8 7v9h-5v-6H9v6H4z",
    "new": "M12 4v16M4 12h16",
    "alerts": "M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21h4",
    "data": "M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3",
    "sun": "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2",
    "moon": "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z",
}
PLACES = (("home", "/", "Home"), ("new", "/new", "New"), ("alerts", "/alerts", "Alerts"), ("data", "/data", "Data"))


def glyph(name: str) -> Html:
    """A small sign beside a word, which is read out instead of it."""
    return Html(
        f'<svg class="glyph" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{GLYPHS[name]}"/></svg>'
    )


def head(visit: Visit) -> str:
    """Language and theme are set before anything is drawn."""
    language = TAGS[visit.say.language]
    theme = visit.theme if visit.theme in ("light", "dark") else ""
    return (
        f"<script>document.documentElement.lang={language!r};document.documentElement.dataset.theme={theme!r};</script>"
        '<link rel="stylesheet" href="/portal/style.css"><script src="/portal/live.js" defer></script>'
    )


def top(visit: Visit) -> Html:
    """The bar: the sign, the places, language and theme."""
    say = visit.say
    here = visit.address.partition("?")[0]
    links = [
        tag(
            "a",
            glyph(name),
            tag("span", say(title)),
            href=address,
            aria_current="page" if _within(here, address) else None,
        )
        for name, address, title in PLACES
    ]
    back = quote(visit.address, safe="")
    other, shown, lang = ("zh", "中文", "zh-CN") if say.language == "en" else ("en", "English", "en")
    theme, sign, title = (
        ("light", "sun", say.plain("Light")) if visit.theme == "dark" else ("dark", "moon", say.plain("Dark"))
    )
    return tag(
        "header",
        tag("a", say("Skip to the content"), href="#content", class_="skip"),
        tag("a", Html(ICON), tag("b", "Mainspring"), href="/", class_="sign"),
        tag("nav", *links, aria_label=say.plain("Places")),
        tag(
            "div",
            tag("button", say("Sign out"), type="button", data_leave="", title=visit.caller.name, class_="quiet"),
            tag("a", shown, href=f"/portal/prefer/language/{other}?back={back}", lang=lang, class_="quiet"),
            tag(
                "a",
                glyph(sign),
                href=f"/portal/prefer/theme/{theme}?back={back}",
                aria_label=title,
                title=title,
                class_="quiet",
            ),
            class_="choices",
        ),
        class_="bar",
    )


def _within(here: str, address: str) -> bool:
    return here == address if address != "/" else here == "/" or here.startswith("/automations")


def failed(visit: Visit, error: MainspringError | Refused) -> Html:
    """A page that cannot be shown, and what to do."""
    say, what = visit.say, error.detail if isinstance(error, Refused) else error.what
    told = tag(
        "section",
        tag("h1", say("This cannot be shown")),
        tag("p", what, class_="lead"),
        tag("p", error.remedy, class_="muted") if error.remedy else "",
        tag("p", tag("a", say("Home"), href="/", class_="button")),
        class_="sheet hero",
    )
    return join([top(visit), tag("div", told, id="content", class_="content")])


def notices(visit: Visit) -> Html:
    return join(tag("p", what, class_=f"notice {kind}") for kind, what in visit.notices)
