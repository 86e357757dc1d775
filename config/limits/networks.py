"""The IP address and the network that a request comes from.

X-Real-IP is used only behind a trusted proxy, and no other header is, because clients can send any value.
"""

import functools
import ipaddress
from ipaddress import IPv6Address

from django.conf import settings

# One household or host gets at least a network of this size in IPv6, and can use any address in it.
IPV6_PREFIX = 64


def client_address(peer: str, real_ip: str) -> str:
    """Return the client's IP address: the peer's, or X-Real-IP if `TRUST_PROXY` says that a proxy sets it."""
    if not settings.TRUST_PROXY:
        return peer
    try:
        return str(ipaddress.ip_address(real_ip))
    except ValueError:
        return peer


@functools.lru_cache(maxsize=1_000)
def network_of(address: str) -> str:
    """Return the network that a limit counts: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # the peer of a unix socket has no IP address
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), IPV6_PREFIX), strict=False))
    return str(parsed)
