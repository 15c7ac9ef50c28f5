"""Which addresses are out in the world: the rest (ourselves, our network, a cloud's metadata) is not for tenants to reach."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Any

from aiohttp import TCPConnector, abc
from yarl import URL

# `is_global` calls these global, although each of them can carry or mean an address that is not.
_TUNNELS = tuple(
    map(
        ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10", "::/96", "192.88.99.0/24")
    )
)


class NotPublic(Exception):  # noqa: N818 - reads as what happened
    """A name leads to an address that is not public. Not an OSError, which would look like a server that is down."""


def is_public(address: str) -> bool:
    """True for an address that anybody on the internet could have. Text that is no plain IP address is not one."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return found.is_global and not found.is_multicast and not any(found in tunnel for tunnel in _TUNNELS)


def url_problem(url: str, *, private: bool = False) -> str:
    """What is wrong with a URL that we are to call; empty when nothing is. `private` also allows http and our own network.

    An address that stands in it is never resolved, so it is judged here.
    """
    try:
        found = URL(url)
        host = found.host or ""
    except ValueError:
        return "url_invalid"
    if private:
        return "" if host and found.scheme in ("http", "https") else "url_invalid"
    if found.scheme != "https" or not host or found.user is not None:
        return "url_not_https"
    literal = ":" in host or host.replace(".", "").isdigit()
    return "address_not_public" if literal and not is_public(host) else ""


def public_connector() -> TCPConnector:
    """Connects to public addresses only."""
    return TCPConnector(resolver=PublicResolver(), use_dns_cache=False)


class PublicResolver(abc.AbstractResolver):
    """Looks a name up once and hands out its addresses only when every one of them is public.

    A connection is made to what was checked: nobody asks for the name again in between.
    """

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AddressFamily.AF_UNSPEC
    ) -> list[abc.ResolveResult]:
        """The addresses.

        Raises:
            NotPublic: one of them is not.
            OSError: there is no such name.
        """
        loop = asyncio.get_running_loop()
        found: list[tuple[Any, ...]] = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        addresses = [entry[4][0] for entry in found]
        if not addresses or not all(map(is_public, addresses)):
            raise NotPublic
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [
            abc.ResolveResult(hostname=host, host=entry[4][0], port=port, family=entry[0], proto=entry[2], flags=flags)
            for entry in found
        ]

    async def close(self) -> None:
        """Nothing is held."""
