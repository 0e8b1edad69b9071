"""Login: the page where one shows a key once. Plain, so that whoever is not known yet is served nothing else."""

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from mainspring.faces.portal.frame import ICON
from mainspring.faces.portal.say import TAGS, Say, language_of
from mainspring.faces.serve.door.guard import Guarded, open_to_all
from mainspring.steps.learn.report.markup import Html, tag

LOGIN = APIRouter(route_class=Guarded)


@LOGIN.get("/login", openapi_extra=open_to_all())
async def login(request: Request) -> Response:
    """Where a key is shown; a cookie that scripts cannot read remembers it."""
    say = Say(language_of(request.cookies.get("language"), request.headers.get("accept-language", "")))
    form = tag(
        "form",
        tag("label", say("Your key"), for_="key"),
        tag("input", type="password", name_="key", id="key", autocomplete="current-password", required="", autofocus=""),
        tag("p", "", id="status", class_="problems", role="alert"),
        tag("button", say("Sign in"), type="submit", class_="button"),
        id="login", data_wrong=say.plain("This key is not known here."), data_away=say.plain("The gateway does not answer."),
    )  # fmt: skip
    hint = tag(
        "p", say("Whoever runs the gateway gives out keys:"), " ", tag("code", "mainspring keys new"), class_="muted"
    )
    other, shown, lang = ("zh", "中文", "zh-CN") if say.language == "en" else ("en", "English", "en")
    switch = tag("a", shown, href=f"/portal/prefer/language/{other}?back=/login", lang=lang)
    body = tag(
        "main",
        tag(
            "section",
            Html(ICON),
            tag("h1", say("Sign in to Mainspring")),
            form,
            hint,
            tag("p", switch),
            class_="sheet gate",
        ),
        class_="alone",
    )
    return HTMLResponse(page(say, say.plain("Sign in"), body, request.cookies.get("theme", ""), "/portal/login.js"))


def page(say: Say, title: str, body: Html, theme: str, script: str = "", style: str = "") -> str:
    """A whole plain page."""
    shown = tag("title", title)
    theme = theme if theme in ("light", "dark") else ""
    loaded = f'<script src="{script}" defer></script>' if script else ""
    return (
        f'<!doctype html><html lang="{TAGS[say.language]}" data-theme="{theme}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">{shown}'
        f'<link rel="icon" href="data:image/svg+xml,{quote(ICON)}">'
        f'<link rel="stylesheet" href="/portal/style.css">{style}{loaded}</head><body>{body}</body></html>'
    )
