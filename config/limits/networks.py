"""Where a request comes from. Behind a proxy that is trusted, X-Real-IP; never what clients may claim."""

import ipaddress
from ipaddress import IPv6Address

from django.conf import settings

# What one household or host is given of IPv6 at the least: whoever has it can take any address within.
IPV6_PREFIX = 64


def client_address(peer: str, real_ip: str) -> str:
    """Return the client's address: the connection's, or X-Real-IP where `TRUST_PROXY` says that a proxy sets it."""
    if not settings.TRUST_PROXY:
        return peer
    try:
        return str(ipaddress.ip_address(real_ip))
    except ValueError:
        return peer


def network_of(address: str) -> str:
    """Return what is counted as one place: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # a unix socket's peer has none
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), IPV6_PREFIX), strict=False))
    return str(parsed)
