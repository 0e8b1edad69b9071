"""Guard: each route says which role it needs, and of what; one that does not say cannot be made."""

from collections.abc import Callable, Coroutine
from typing import Any, Literal

from fastapi import Request, Response
from fastapi.routing import APIRoute

from mainspring.faces.serve.access.access import caller_of
from mainspring.faces.serve.problems import Refused
from mainspring.run.access.roles import Caller, Role

ROLE, OF = "x-mainspring-role", "x-mainspring-of"
ANYONE = "anyone"
Of = Literal["automation", "anything", "everything", "nothing"]
"""Of the automation that the address names; of anything at all; of everything there is; of nothing: the route looks for itself."""


def needs(role: Role, of: Of = "automation", extra: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a route's ``openapi_extra`` says of who may ask it."""
    return {ROLE: str(role), OF: of, **(extra or {})}


def open_to_all(extra: dict[str, Any] | None = None) -> dict[str, Any]:
    """For routes that need no key, or look for themselves."""
    return {ROLE: ANYONE, OF: "nothing", **(extra or {})}


class Guarded(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle, told = super().get_route_handler(), self.openapi_extra or {}
        role, of = told[ROLE], told[OF]
        if role == ANYONE:
            return handle

        async def guarded(request: Request) -> Response:
            check(caller_of(request), Role(role), of, request.path_params.get("name", ""))
            return await handle(request)

        return guarded


def check(caller: Caller, role: Role, of: Of, name: str) -> None:
    """Raises Refused (403) where the caller may not. That says nothing of whether there is such an automation."""
    may = caller.may_anywhere(role) if of == "anything" else caller.may(role, name if of == "automation" else "*")
    if not may:
        what = {"automation": f" for {name!r}", "everything": " for everything"}.get(of, "")
        raise Refused(
            403, "not-allowed", f"this needs the role {role}{what}", remedy="ask an admin for a key that has it"
        )
