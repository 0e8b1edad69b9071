"""Customer: the page of a company's own customer, at an address of its own and in a theme of its own; no operator's data is on it."""

from collections.abc import Mapping
from functools import partial
from importlib.resources import files
from typing import Any, cast
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mainspring.decision import NO_ACTION
from mainspring.errors import MainspringError
from mainspring.faces.portal.login import page
from mainspring.faces.portal.say import Say, language_of
from mainspring.faces.serve.door.guard import Guarded, open_to_all
from mainspring.faces.serve.gateway import Gateway
from mainspring.steps.learn.report.markup import Html, tag

CUSTOMER = APIRouter(prefix="/my", route_class=Guarded)
LARGEST = 20_000
THEME = "customer.css"


def _gateway(request: Request) -> Gateway:
    return cast(Gateway, request.app.state.gateway)


def _say(request: Request) -> Say:
    return Say(language_of(request.cookies.get("language"), request.headers.get("accept-language", "")))


@CUSTOMER.get("/theme.css", openapi_extra=open_to_all())
async def theme(request: Request) -> Response:
    """The company's own style: ``customer.css`` in the workspace's folder, else a plain one."""
    own = _gateway(request).workspace.place / THEME
    style = own.read_bytes() if own.is_file() else files(__package__ or "").joinpath(THEME).read_bytes()
    return Response(style, media_type="text/css", headers={"Cache-Control": "no-cache"})


@CUSTOMER.get("/{name}/{token}", openapi_extra=open_to_all())
async def mine(name: str, token: str, request: Request) -> Response:
    """Decisions about one customer, with reasons."""
    gateway, say = _gateway(request), _say(request)
    try:
        told = await gateway.ask(partial(gateway.workspace.customers.decisions, name, token))
    except MainspringError:
        # Whether the automation or the customer is unknown is nobody's business.
        return HTMLResponse(_whole(say, tag("h1", say("This page is not there")), say("Ask for a new link.")), 404)
    address, sent = f"/my/{name}/{token}", request.query_params.get("sent", "")
    listed = [_one(say, one, address, sent == one["decision"]) for one in told["decisions"]]
    none = tag("p", say("Nothing was decided about you here."), class_="sheet")
    head = tag(
        "div",
        tag("h1", say("Decisions about you")),
        tag("p", told["about"], class_="about") if told["about"] else "",
        class_="heading",
    )
    other, shown, lang = ("zh", "中文", "zh-CN") if say.language == "en" else ("en", "English", "en")
    switch = tag("a", shown, href=f"/portal/prefer/language/{other}?back={address}", lang=lang, class_="switch")
    rights = say(
        "These decisions were made by a machine. You may object, or ask that a person looks at one: "
        "your right under GDPR art. 22 and PIPL art. 24."
    )
    return HTMLResponse(_whole(say, head, tag("p", rights, class_="lead"), *(listed or [none]), switch))


@CUSTOMER.post("/{name}/{token}", openapi_extra=open_to_all())
async def wish(name: str, token: str, request: Request) -> Response:
    """Object, or ask for a person. Only who knows the address can: no page of another site does."""
    gateway, body = _gateway(request), b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            return Response(status_code=413)
    told = {field: values[0] for field, values in parse_qs(body.decode("utf-8", "replace")).items()}
    decision = told.get("decision", "")
    ask = partial(
        gateway.workspace.customers.wish, name, token, decision, told.get("wish", ""), told.get("words", "")
    )  # fmt: skip
    await gateway.ask(ask)
    return RedirectResponse(f"/my/{name}/{token}?sent={decision}#d-{decision}", 303)


def _one(say: Say, one: Mapping[str, Any], address: str, sent: bool) -> Html:
    action = (
        say("No action was taken") if one["action"] == NO_ACTION else say("Decision: {action}", action=one["action"])
    )
    reasons = [tag("li", _reason(say, reason)) for reason in one["reasons"]]
    why = tag("div", tag("h3", say("Why")), tag("ul", *reasons)) if reasons else ""
    id = one["decision"]
    form = tag(
        "form",
        tag("input", type="hidden", name_="decision", value=id),
        tag("label", say("In your own words (optional)"), for_=f"words-{id}"),
        tag("textarea", name_="words", id=f"words-{id}", rows="3", maxlength="2000"),
        tag("div",
            tag("button", say("I object"), name_="wish", value="object", class_="button"),
            tag("button", say("A person shall look at it"), name_="wish", value="person", class_="button plain"),
            class_="left"),
        method="post", action=address,
    )  # fmt: skip
    thanks = tag("p", say("It has been passed on. Someone will look at it."), class_="thanks", role="status")
    return tag(
        "section",
        tag("div", tag("h2", action), tag("small", f"{one['at']:%Y-%m-%d %H:%M} UTC"), class_="row"), why,
        thanks if sent else tag("details", tag("summary", say("Object, or ask for a person")), form),
        class_="sheet", id=f"d-{id}",
    )  # fmt: skip


def _reason(say: Say, reason: Mapping[str, Any]) -> Html:
    if reason["feature"] is None:
        return tag("span", say.sentence(reason["text"]))
    spoke = say("spoke for it") if reason["spoke_for"] else say("spoke against it")
    return tag("span", tag("b", reason["feature"]), f": {reason['value']} – ", spoke)


def _whole(say: Say, *content: object) -> str:
    body = tag("main", *content, class_="mine")
    return page(say, say.plain("Decisions about you"), body, "", style='<link rel="stylesheet" href="/my/theme.css">')
