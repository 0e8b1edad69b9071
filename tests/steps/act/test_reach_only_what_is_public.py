"""Webhooks go to public addresses, unless others were allowed; and to the very address that was judged."""

import socket
from pathlib import Path

import pytest

from mainspring.automation.act import Act
from mainspring.errors import ActRefused, ActUnreachable
from mainspring.steps.act.deliver import deliverer_for
from mainspring.steps.act.deliverer import Means
from mainspring.steps.act.reach import Reach

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "2002:7f00:1::", "240.0.0.1", "198.18.0.1",
]  # fmt: skip


def means(*allowed: str) -> Means:
    return Means({}, Path(), lambda *_: None, lambda *_: None, allowed)


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(ActRefused, match="not public") as refused:
        Reach().address(address, 80, "here")
    assert not refused.value.retry
    assert "outgoing" in refused.value.remedy


@pytest.mark.parametrize("written", ["127.1", "0x7f000001", "2130706433", "017700000001", "localhost"])
def test_however_it_is_written(written: str) -> None:
    with pytest.raises(ActRefused, match="not public"):
        Reach().address(written, 80, "here")


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_what_is_public_is_reached(address: str) -> None:
    assert Reach().address(address, 443, "here")


@pytest.mark.parametrize(
    ("allowed", "reached"),
    [
        ("127.0.0.0/8", True),
        ("127.0.0.1", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("*", True),
        ("10.0.0.0/8", False),
        ("other", False),
    ],
)
def test_what_was_allowed_is_reached(monkeypatch: pytest.MonkeyPatch, allowed: str, reached: bool) -> None:
    names_mean(monkeypatch, "127.0.0.1")
    if reached:
        assert Reach((allowed,)).address("localhost", 80, "here") == "127.0.0.1"
    else:
        with pytest.raises(ActRefused):
            Reach((allowed,)).address("localhost", 80, "here")


def names_mean(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Every name means these addresses; returns the names that were asked for, as they are."""
    asked: list[str] = []

    def look(host: str, port: int, *_: object, **__: object) -> list:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return asked


def test_one_address_that_is_not_public_spoils_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    names_mean(monkeypatch, "1.1.1.1", "10.0.0.1")
    with pytest.raises(ActRefused):
        Reach().address("shop.example", 80, "here")


def test_nothing_is_sent_where_it_is_refused(receiver, answers, make_event) -> None:
    shop = receiver(answers(200))
    act = Act(webhook=shop.url)
    with pytest.raises(ActRefused, match="not public"):
        deliverer_for(act, means()).deliver(make_event(), act)
    assert shop.heard == []


def test_a_name_is_looked_up_once_and_kept_as_host(
    receiver, answers, make_event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever answers otherwise the second time (DNS rebinding) finds that there is none."""
    shop = receiver(answers(200))
    port = shop.url.split(":")[2].split("/")[0]
    asked = names_mean(monkeypatch, "127.0.0.1")
    act = Act(webhook=f"http://shop.example:{port}/offers")
    deliverer_for(act, means("127.0.0.1")).deliver(make_event(), act)
    assert asked.count("shop.example") == 1
    assert shop.heard[0][0]["host"] == f"shop.example:{port}"


def test_an_unknown_name_may_be_known_later() -> None:
    with pytest.raises(ActUnreachable, match="name"):
        Reach().address("nobody.invalid", 80, "here")
