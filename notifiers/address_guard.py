"""Which addresses a receiving system may have: looked at when connecting, after the name was
resolved, so that no name can change its mind between the look and the connection."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

# `is_private` and `is_global` of Python 3.11 let a cloud's metadata address and translated
# addresses through, so the lists are our own.
INTRANET: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8"),
        *("fc00::/7", "::1/128"),
    )
)
# Nobody's receiving system: not even an administrator can open these.
_NEVER: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        *("169.254.0.0/16", "100.100.100.200/32", "100.96.0.96/32"),  # link-local, metadata
        *("168.63.129.16/32", "fd00:ec2::254/128"),  # metadata of other clouds
        *("0.0.0.0/8", "192.0.0.0/24", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"),
        *("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "192.88.99.0/24"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),  # Teredo, 6to4, documents
    )
)
_GLOBAL_6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")

_ALLOW = "qixian.allow"


class ForbiddenAddress(httpx.ConnectError):
    """The name leads to an address that the channel may not reach; nothing was connected."""


def within(allowed: Sequence[Network]) -> dict[str, Sequence[Network]]:
    """The extension of a request that may reach public addresses and `allowed` intranets only."""
    return {_ALLOW: allowed}


def is_permitted(address: str, allowed: Sequence[Network]) -> bool:
    """Public addresses are, intranets where an administrator has named them, others never."""
    found = _translated(ip_address(address))
    if any(found in network for network in _NEVER):
        return False
    if any(found in network for network in INTRANET):
        return any(found in network for network in allowed)
    return found.version == 4 or found in _GLOBAL_6


def may_be_permitted(host: str, allowed: Sequence[Network]) -> bool:
    """A name is looked at when it is resolved; an address can be refused at once."""
    try:
        return is_permitted(host, allowed)
    except ValueError:
        return True


def intranets(texts: Iterable[str]) -> tuple[Network, ...]:
    """The networks that an administrator opens. Raises ValueError with half a Chinese sentence."""
    networks = []
    for text in texts:
        try:
            network = ip_network(text)
        except ValueError:
            raise ValueError('应为网段的列表，例如 ["10.0.0.0/8"]') from None
        # A public network needs no leave, and “everything” would be no guard.
        if not any(
            network.version == wide.version and network.subnet_of(wide)  # type: ignore[arg-type]
            for wide in INTRANET
        ):
            raise ValueError("只能写内网网段，公网地址不必写")
        networks.append(network)
    return tuple(networks)


def _translated(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address behind a mapped one, or behind a translator (NAT64)."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
        return address.ipv4_mapped or address
    return address


async def resolve(host: str, port: int) -> Sequence[str]:
    """All addresses of a name, in the order of preference; an address is its own. Raises OSError or
    UnicodeError."""
    with suppress(ValueError):  # a name: only that is asked for, in another thread
        return [str(ip_address(host))]
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class AddressGuard(httpx.AsyncBaseTransport):
    """Dials the very addresses that were checked. Only requests sent `within` networks are
    guarded: the other channels talk to hosts that the vendor or the administrator has fixed."""

    def __init__(self, line: httpx.AsyncBaseTransport, resolve: Resolve = resolve) -> None:
        self._line = line
        self._resolve = resolve

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        allowed = request.extensions.get(_ALLOW)
        if allowed is None:
            return await self._line.handle_async_request(request)
        addresses = await self._look_up(request)
        if not all(is_permitted(address, allowed) for address in addresses):
            raise ForbiddenAddress("forbidden address", request=request)
        first, *second = _one_of_each_version(addresses)
        try:
            return await self._line.handle_async_request(_pinned(request, first))
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if not second:
                raise
        return await self._line.handle_async_request(_pinned(request, second[0]))

    async def _look_up(self, request: httpx.Request) -> Sequence[str]:
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        seconds = request.extensions.get("timeout", {}).get("connect")
        try:
            async with asyncio.timeout(seconds):
                addresses = await self._resolve(_name(url), port)
        except TimeoutError:
            raise httpx.ConnectTimeout("name not resolved in time", request=request) from None
        except (OSError, UnicodeError):
            addresses = []
        if not addresses:
            raise httpx.ConnectError("name not resolved", request=request)
        return addresses

    async def aclose(self) -> None:
        await self._line.aclose()


def _one_of_each_version(addresses: Sequence[str]) -> list[str]:
    """At most two, in the order of preference: to wait for more of them that are silent would
    take the time in which the request could have gone."""
    found: dict[int, str] = {}
    for address in addresses:
        found.setdefault(ip_address(address).version, address)
    return list(found.values())


def _pinned(request: httpx.Request, address: str) -> httpx.Request:
    """The same request to one address; the certificate and Host are still those of the name."""
    headers = request.headers.copy()
    if request.url.scheme == "https":
        # A kept connection is found by its address: another name on the same address would use
        # it without its own certificate having been looked at.
        headers["Connection"] = "close"
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": _name(request.url)},
    )


def _name(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii").strip("[]")
