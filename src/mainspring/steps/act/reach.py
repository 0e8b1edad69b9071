"""Reach: which addresses actions may go to. What is not public is refused unless it was allowed, so that no declaration makes the gateway
ask the machines beside it (server-side request forgery)."""

import ipaddress
import socket
from collections.abc import Sequence

from mainspring.errors import ActRefused, ActUnreachable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
EVERY = "*"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Reach:
    """``allowed`` are networks (``10.0.0.0/8``), addresses or names of hosts that may be asked though they are not public; ``*`` is all."""

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        self._all = EVERY in allowed
        self._networks = [network for text in allowed if (network := _network(text)) is not None]
        self._names = {text.lower() for text in allowed if _network(text) is None}

    def address(self, host: str, port: int, where: str) -> str:
        """The address to connect to: looked up once, judged, and then connected to, so that a name cannot mean another one meanwhile.

        Raises:
            ActRefused: an address of the name is not public and was not allowed. ActUnreachable: the name is not known now.
        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise ActUnreachable("the receiver's name is not known", where=where) from None
        texts = [str(entry[4][0]) for entry in found]
        if not (self._all or host.lower() in self._names):
            # All of them, not the first: which is asked when it does not answer must not matter.
            for text in texts:
                self._judge(text, where)
        return texts[0]

    def _judge(self, text: str, where: str) -> None:
        address = ipaddress.ip_address(text.partition("%")[0])
        inner = _inner(address)
        if any(
            one in network for one in (address, inner) for network in self._networks if one.version == network.version
        ):
            return
        if not inner.is_global or inner.is_multicast or inner.is_reserved:
            raise ActRefused(
                "the receiver's address is not public, and actions go to public addresses only", where=where,
                remedy=f"if you trust {address}: name it under outgoing in mainspring.toml, then retry the action",
            )  # fmt: skip


def _network(text: str) -> "ipaddress.IPv4Network | ipaddress.IPv6Network | None":
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for (mapped, 6to4, NAT64), else itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
