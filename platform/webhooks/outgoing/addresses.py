"""Which addresses Loupe may call for people: the public ones, and those an operator has named.

What a person types must not make Loupe ask machines that only Loupe can reach (server-side request
forgery). The lists are IANA's registries of special-purpose addresses.
"""

from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NOT_PUBLIC_4 = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by customers of a provider (CGNAT)
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local; clouds tell their secrets there
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocols
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
]
# Outside of it lie loopback, private and link-local addresses, multicast, and those that carry one
# of IPv4: mapped (::ffff:0:0/96) and translated (NAT64, 64:ff9b::/96 and 64:ff9b:1::/48).
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = [
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocols, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which carries an address of IPv4
        "3fff::/20",  # documentation
    )
]


def read_networks(texts: Sequence[str]) -> list[Network]:
    """Return the networks that an operator has named; raises `ValueError`."""
    return [ip_network(text.strip()) for text in texts if text.strip()]


def is_public(address: Address) -> bool:
    """Whether anyone on the internet may be meant by it."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    in_use = address in _PUBLIC_6 and address.scope_id is None
    return in_use and not any(address in network for network in _NOT_PUBLIC_6)


def is_named(address: Address, networks: Sequence[Network]) -> bool:
    """Whether an operator has named a network with it."""
    return any(address.version == network.version and address in network for network in networks)


def is_allowed(address: Address, networks: Sequence[Network]) -> bool:
    """Whether Loupe may call it."""
    return is_public(address) or is_named(address, networks)


def read_address(text: str) -> Address | None:
    """Return the address that a text is, in the one way to write it; None for a name."""
    try:
        return ip_address(text)
    except ValueError:
        return None
