"""Tokens of an issuer with real keys, which a real server of this machine publishes."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mainspring.errors import ServeError
from mainspring.faces.serve.access.issuer import Issuer
from mainspring.faces.serve.access.terms import Oidc, Terms

KEYS = {"rsa": rsa.generate_private_key(65537, 2048), "ec": ec.generate_private_key(ec.SECP256R1())}
ALGORITHM = {"rsa": "RS256", "ec": "ES256"}
STRANGER = rsa.generate_private_key(65537, 2048)


def public(id: str) -> dict:
    kind = jwt.algorithms.RSAAlgorithm if id == "rsa" else jwt.algorithms.ECAlgorithm
    return {**kind.to_jwk(KEYS[id].public_key(), as_dict=True), "kid": id, "use": "sig"}


class Provider:
    """What an OpenID Connect provider publishes; ``asked`` counts how often its keys were."""

    def __init__(self) -> None:
        self.asked, self.published = 0, ["rsa", "ec"]
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/.well-known/openid-configuration":
                    told = {"issuer": provider.url, "jwks_uri": f"{provider.url}/keys"}
                else:
                    provider.asked += 1
                    told = {"keys": [public(id) for id in provider.published]}
                body = json.dumps(told).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture(scope="module")
def provider(listening) -> Iterator[Provider]:
    made = Provider()
    with listening(made.server):
        yield made


@pytest.fixture(scope="module")
def terms(provider: Provider) -> Terms:
    return Terms(oidc=Oidc(provider.url, "gateway", "groups"))


def token(provider: Provider, key: str = "rsa", **more: object) -> str:
    told = {
        "iss": provider.url,
        "aud": "gateway",
        "sub": "u1",
        "exp": time.time() + 600,
        "groups": ["staff", "operator:shop"],
    }
    told = {name: value for name, value in (told | more).items() if value is not None}
    return jwt.encode(told, KEYS[key], ALGORITHM[key], {"kid": key})


@pytest.mark.parametrize("key", KEYS)
def test_a_token_lets_in(nobody, provider: Provider, key: str) -> None:
    client = nobody.showing(token(provider, key, preferred_username="li"))
    assert client.get("/v1/session").json() == {"name": "li", "id": "oidc:u1", "roles": {"shop": "operator"}}
    assert client.post("/v1/automations/shop/decisions", json={"record": {"age": 70}}).status_code == 200
    assert client.post("/v1/automations/bank/decisions", json={"record": {"age": 70}}).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "others"},
        {"iss": "http://evil.example"},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"aud": None},
        {"nbf": 9e9},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us(nobody, provider: Provider, wrong: dict) -> None:
    assert nobody.showing(token(provider, **wrong)).get("/v1/automations").status_code == 401


def part(plain: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).rstrip(b"=").decode()


def test_a_token_that_was_made_up(nobody, provider: Provider) -> None:
    good = token(provider)
    told = jwt.decode(good, options={"verify_signature": False})
    head, body, signature = good.split(".")
    boss = part({**told, "groups": ["admin"]})
    pem = KEYS["rsa"].public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    hs = part({"alg": "HS256", "typ": "JWT", "kid": "rsa"})
    signed = base64.urlsafe_b64encode(hmac.digest(pem, f"{hs}.{boss}".encode(), hashlib.sha256)).rstrip(b"=").decode()
    made_up = [
        f"{head}.{boss}.{signature}",
        f"{part({'alg': 'none', 'kid': 'rsa'})}.{boss}.",
        f"{hs}.{boss}.{signed}",
        jwt.encode({**told, "groups": ["admin"]}, STRANGER, "RS256", {"kid": "rsa"}),
        f"{head}.{body}.", f"{head}..{signature}", "..", f"{part([])}.{body}.{signature}", f"{part({'alg': 7})}.{body}.{signature}",
    ]  # fmt: skip
    for wrong in made_up:
        assert nobody.showing(wrong).get("/v1/automations").status_code == 401


@pytest.mark.parametrize("claim", [None, [], "", {}, 7, ["boss", "admin:"], [None]])
def test_a_token_without_a_role_may_nothing(nobody, provider: Provider, claim: object) -> None:
    client = nobody.showing(token(provider, groups=claim, sub=f"without {claim}"))
    assert client.get("/v1/automations").status_code == 403


def test_unknown_keys_do_not_drive_us_to_ask_the_issuer(nobody, provider: Provider) -> None:
    before = provider.asked
    for number in range(20):
        unknown = jwt.encode({"sub": "x"}, STRANGER, "RS256", {"kid": f"k{number}"})
        assert nobody.showing(unknown).get("/v1/automations").status_code == 401
    assert provider.asked <= before + 1


def test_a_session_from_a_token(nobody, provider: Provider) -> None:
    browser = nobody.showing(None)
    ends = time.time() + 300
    answer = browser.post("/v1/session", json={"key": token(provider, exp=ends)}, headers={"Origin": "http://gateway"})
    assert answer.status_code == 200
    age = int(answer.headers["set-cookie"].lower().partition("max-age=")[2].partition(";")[0])
    assert 0 < age <= 300
    assert browser.get("/v1/session").json()["roles"] == {"shop": "operator"}


def test_an_issuer_that_does_not_answer(provider: Provider) -> None:
    issuer = Issuer(Oidc("http://127.0.0.1:9", "gateway"))
    with pytest.raises(ServeError, match="keys"):
        issuer.caller(token(provider))
