"""Which addresses of the Internet are public: the only ones that a URL written by a tenant may lead us to."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

# Addresses of IPv4 inside those of IPv6: RFC 6052 (NAT64), whose last 32 bits are where the packet goes.
_NAT64 = IPv6Network("64:ff9b::/96")


def public(address: str) -> bool:
    """Whether a numeric address, with an IPv6 zone or without, is somebody's on the Internet (IANA special-purpose registries).

    An IPv6 address that leads to one of IPv4 is what that one is.

    Raises:
        ValueError: it is not a numeric address.
    """
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        inner = _inner(found)
        if inner is not None:
            found = inner
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
