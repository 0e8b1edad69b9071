"""Parts: what several pages show alike."""

from collections.abc import Iterable, Sequence

from mainspring.faces.portal.say import Say
from mainspring.steps.learn.report.markup import Html, join, number, tag

TABS = (
    ("", "Overview"),
    ("/declaration", "Declaration"),
    ("/runs", "Runs"),
    ("/versions", "Versions"),
    ("/decisions", "Decisions"),
    ("/try", "Try it"),
    ("/watch", "Watch"),
    ("/report", "Report"),
)


def heading(say: Say, name: str, about: str, here: str) -> Html:
    """An automation's name and the ways to its pages."""
    tabs = [
        tag("a", say(title), href=f"/automations/{name}{part}", aria_current="page" if part == here else None)
        for part, title in TABS
    ]
    return tag(
        "div",
        tag("h1", name),
        tag("p", about, class_="about") if about else "",
        tag("nav", *tabs, class_="tabs", aria_label=say.plain("Pages of this automation")),
        class_="heading",
    )


def pill(kind: str, *told: object) -> Html:
    """A state at a glance: ``good``, ``busy``, ``warm``, ``bad`` or ``still``."""
    return tag("span", tag("i", aria_hidden="true"), tag("span", *told), class_=f"pill {kind}")


def figure(name: Html, value: object, note: object = "") -> Html:
    """A number that counts, with its name."""
    return tag(
        "div",
        tag("span", name, class_="name"),
        tag("strong", value),
        tag("small", note) if note else "",
        class_="figure",
    )


def sheet(title: Html | str, *content: object, note: object = "", kind: str = "") -> Html:
    """A part of a page on its own sheet; nothing where there is no content."""
    inner = join(part for part in content if part)
    lead = tag("p", note, class_="muted") if note else ""
    return (
        tag("section", tag("h2", title) if title else "", lead, inner, class_=f"sheet {kind}".strip())
        if inner
        else Html("")
    )


def grid(head: Sequence[tuple[Html, bool]], rows: Iterable[Sequence[object]], caption: str) -> Html:
    """A table in a frame of its own that scrolls; ``head`` are the titles, each with whether its cells are numbers."""
    titles = tag("tr", *(tag("th", title, scope="col", class_="n" if numeric else None) for title, numeric in head))
    body = [
        tag(
            "tr",
            *(tag("td", cell, class_="n" if numeric else None) for cell, (_, numeric) in zip(row, head, strict=True)),
        )
        for row in rows
    ]
    table = tag("table", tag("caption", caption, class_="unseen"), tag("thead", titles), tag("tbody", *body))
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def money(value: float | None) -> str:
    """An amount in the declaration's money, rounded to what can be taken in."""
    if value is None:
        return "–"
    return number(round(value) if abs(value) >= 100 else value)
