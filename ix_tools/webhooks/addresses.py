"""Judge where a webhook may be sent: to public addresses over https, and to networks that the settings allow.

A name is judged by every address that it resolves to, at every delivery, and the connection goes to an address that was judged. So
a name that resolves differently a moment later, or to a public and an internal address at once, reaches nothing inside.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ix_tools.errors import InvalidArguments, Problem
from ix_tools.i18n.messages import Message, message

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MAX_URL = 2000
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.ASCII)
_GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")
"""All that is given out as public addresses of IPv6 (RFC 4291, 2.4); elsewhere are translators' networks, and what is not yet known."""
_CARRIERS: tuple[Network, ...] = tuple(
    ipaddress.ip_network(one)
    for one in (
        "2002::/16",
        "2001::/23",
        "3fff::/20",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
    )
)
"""Networks whose addresses stand for others, are shared or mean nothing: a translator could carry a connection inside."""


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of the address of a webhook."""

    scheme: str
    host: str
    port: int
    path: bytes
    """With the query."""


def parse_target(url: str) -> Target:
    """Read an address of a webhook.

    Raises:
        InvalidArguments: it is no http address, or holds a user, a fragment or odd characters.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise build_refusal(message("is no address such as https://n8n.example.com/webhook/4711")) from None
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url and len(url) <= MAX_URL
    literal = parse_address(host)
    if (
        not plain
        or parts.scheme not in {"https", "http"}
        or "@" in parts.netloc
        or parts.fragment
        or port == 0
    ):
        raise build_refusal(message("is no address such as https://n8n.example.com/webhook/4711"))
    if literal is None and (not _HOST.fullmatch(host) or _is_number(host)):
        raise build_refusal(message("has a host that is no name and no usual address"))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path.encode())


def check_target(target: Target, allowed: Sequence[Network]) -> None:
    """Check what is known without a look-up: https for public hosts, and a literal address.

    Raises:
        InvalidArguments: it can never be sent to.
    """
    literal = parse_address(target.host)
    if literal is not None and not is_allowed(literal, target.scheme, allowed):
        raise build_refusal(
            message("is not public; the setting webhook_networks allows networks of your own")
        )
    if target.scheme != "https" and not allowed:
        raise build_refusal(message("must be https"))


def read_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Return the networks of the settings, which have checked them."""
    return tuple(ipaddress.ip_network(one, strict=False) for one in texts)


def parse_address(host: str) -> Address | None:
    """Return a literal IP address in its usual form; None for a name or an odd form."""
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def is_allowed(address: Address, scheme: str, allowed: Sequence[Network]) -> bool:
    """Tell whether a webhook may be sent to an address: a public one over https, or one of the settings' networks."""
    real = _unwrap(address)
    if any(real.version == one.version and real in one for one in allowed):
        return True
    return scheme == "https" and _is_public(real)


def _unwrap(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_public(address: Address) -> bool:
    if any(address.version == one.version and address in one for one in _CARRIERS):
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_IPV6:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_number(host: str) -> bool:
    """Tell whether a host is a number or a dotted number in another notation, which resolvers read as an address."""
    return all(re.fullmatch(r"0[xX][0-9a-fA-F]*|[0-9]+", part) for part in host.rstrip(".").split("."))


def build_refusal(problem: Message) -> InvalidArguments:
    """Build the refusal of an address."""
    return InvalidArguments(
        message("Nothing can be sent to this address."),
        code="webhook_address",
        problems=[Problem("url", problem)],
        next=message("register another address"),
    )
