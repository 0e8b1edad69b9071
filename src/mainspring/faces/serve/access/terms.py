"""Terms: on what terms the gateway is asked from elsewhere."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Oidc:
    """An issuer of tokens (OpenID Connect): its address, whom its tokens must be for, and the claim with the roles. ``keys`` is the
    address of its keys, empty to be told by the issuer itself."""

    issuer: str
    audience: str
    claim: str = "mainspring"
    keys: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """``origins`` are the sites whose pages may ask; ``share`` is how many gateways ask the same keys beside this one, itself included:
    each lets through its share of a rate. Where requests are not ``counted``, whoever forwards them here has."""

    origins: tuple[str, ...] = ()
    oidc: Oidc | None = None
    share: int = 1
    counted: bool = True
