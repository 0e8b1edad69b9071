"""Files: what the portal's pages fetch: style, script, and reports; and what they leave: language and theme."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import cast

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse, RedirectResponse

from mainspring.errors import MainspringError, NotFound
from mainspring.faces.portal.running import uploads
from mainspring.faces.serve.access.access import caller_of
from mainspring.faces.serve.answers import JsonResponse
from mainspring.faces.serve.door.guard import Guarded, check, needs, open_to_all
from mainspring.faces.serve.gateway import Gateway
from mainspring.faces.serve.problems import answer, document_of
from mainspring.run.access.roles import Role

FILES = APIRouter(prefix="/portal", route_class=Guarded)
KEPT = 365 * 86400
FRAMED = {
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    ),
}
"""A report stands in a frame of our own pages; its own policy, in its head, is stricter still."""
CHOICES = {"language": ("en", "zh"), "theme": ("light", "dark", "")}


def _gateway(request: Request) -> Gateway:
    return cast(Gateway, request.app.state.gateway)


@cache
def _own(name: str) -> bytes:
    return files(__package__ or "").joinpath(name).read_bytes()


@FILES.get("/style.css", openapi_extra=open_to_all())
async def style() -> Response:
    return Response(_own("style.css"), media_type="text/css", headers={"Cache-Control": "no-cache"})


@FILES.get("/live.js", openapi_extra=open_to_all())
async def script() -> Response:
    return Response(_own("live.js"), media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@FILES.post("/files", openapi_extra=needs(Role.ADMIN, "everything"))
async def upload(request: Request) -> Response:
    """Take a table; answers where to go on with it."""
    gateway = _gateway(request)
    place = gateway.workspace.place
    try:
        id = await uploads.keep(place, request.query_params.get("name", ""), request.stream())
        try:
            await gateway.ask(lambda: gateway.workspace.read_rows(uploads.find(place, id)))
        except MainspringError:
            uploads.discard(place, id)
            raise
    except MainspringError as error:
        return answer(document_of(error), request.url.path)
    return JsonResponse({"next": f"/new/{id}"}, 201)


@FILES.get("/prefer/{what}/{choice}", openapi_extra=open_to_all())
async def prefer(what: str, choice: str, request: Request) -> Response:
    """Keep a language or a theme in the browser, and go back to where one was."""
    back = request.query_params.get("back", "/")
    # Only an address of ours: "//elsewhere" and "/\elsewhere" are of others.
    safe = back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"
    answered = RedirectResponse(safe, 303)
    chosen = "" if choice == "auto" else choice
    if chosen in CHOICES.get(what, ()):
        answered.set_cookie(what, chosen, max_age=KEPT if chosen else 0, samesite="lax", httponly=True)
    return answered


@FILES.get("/report/{name}/{version}", openapi_extra=needs(Role.VIEWER))
async def report(name: str, version: int, request: Request) -> Response:
    """The report of a version, as it was made: it needs nothing from elsewhere, and its own policy forbids it."""
    gateway = _gateway(request)
    try:
        path: Path = await gateway.ask(lambda: gateway.workspace.report(name, version))
    except MainspringError as error:
        return answer(document_of(error), request.url.path)
    return FileResponse(path, media_type="text/html; charset=utf-8", headers=FRAMED)


@FILES.get("/evidence/{path:path}", openapi_extra=needs(Role.VIEWER, "anything"))
async def evidence(path: str, request: Request) -> Response:
    """The picture or the rows of an alert."""
    gateway = _gateway(request)
    alerts = await gateway.ask(lambda: gateway.workspace.alerts.list(all=True))
    of = next((alert["automation"] for alert in alerts if alert["id"] == path.partition("/")[0]), None)
    if of is None:
        return answer(document_of(NotFound("evidence", path)), request.url.path)
    check(caller_of(request), Role.VIEWER, "automation", of)
    folder = (gateway.workspace.place / "alerts").resolve()
    found = (folder / path).resolve()
    if not found.is_relative_to(folder) or not found.is_file() or found.name not in ("picture.png", "rows.csv"):
        return answer(document_of(NotFound("evidence", path)), request.url.path)
    return FileResponse(found, filename=found.name if found.suffix == ".csv" else None)


@FILES.get("/login.js", openapi_extra=open_to_all())
async def log_in_script() -> Response:
    return Response(_own("login.js"), media_type="text/javascript", headers={"Cache-Control": "no-cache"})
