"""What Loupe does not call: what is not on the internet, in whatever way it is written.

Names are looked up by a resolver of the test: what is outside our walls is the only thing replaced.
"""

from ipaddress import ip_address

import pytest

from common.errors import Invalid
from webhooks.outgoing.addresses import is_public, read_networks
from webhooks.outgoing.post import post
from webhooks.outgoing.target import Target, read_target

NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.215.14", "172.32.0.1", "100.128.0.1", "2606:4700::1111"]
# Forms in which a public or private address, or the inside of a network, hides.
ODD = [
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.0.0.1./",
    "https://1.1.1.1.0x1/",
    "https://134744072/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://a.localhost/",
    "https://redis/",
    "https://postgres.internal/",
    "https://printer.local/",
    "https://router.home.arpa/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fe80::1%25eth0]/",
    "https://[1.1.1.1]/",
    "https://127。0。0。1/",
    "https://１２７.0.0.1/",
    "https://ⓔxample.com/",
    "https://example.com\\@127.0.0.1/",
    "https://example.com@127.0.0.1/",
    "https://user:password@example.com/",
    "https://127.0.0.1#@example.com/",
    "https://exa mple.com/",
    "https://example.com/\r\nHost: inside",
    "https://example.com:22/",
    "https://example.com:0/",
    "https://example.com:65536/",
    "https://example.com:x/",
    "https://%6c%6f%63%61%6c%68%6f%73%74/",
    "https://exam_ple..com/",
    "https:///hook",
    "https://",
    "//example.com/",
    "http://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "javascript:alert(1)",
    "",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_on_the_internet_is_refused(address):
    assert not is_public(ip_address(address))
    literal = f"[{address}]" if ":" in address else address
    with pytest.raises(Invalid) as refusal:
        read_target(f"https://{literal}/hook", [])
    assert refusal.value.errors[0].pointer == "/url"


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_nor_is_it_called_when_a_name_leads_to_it(address):
    """The name itself may be anyone's: what counts is where it leads when something is sent."""
    tried = post(
        Target("https", "rebound.example", 443, "/"),
        body=b"{}",
        headers={},
        resolve=lambda host, port: ["1.1.1.1", address],
    )
    assert (tried.code, tried.status_code) == ("address_refused", None)
    assert address not in tried.detail


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_on_the_internet_may_be_called(address):
    literal = f"[{address}]" if ":" in address else address
    assert is_public(ip_address(address))
    assert read_target(f"https://{literal}:8443/a?b=c", []) == ("https", address, 8443, "/a?b=c")


@pytest.mark.parametrize("url", ODD)
def test_what_is_odd_is_refused(url):
    with pytest.raises(Invalid) as refusal:
        read_target(url, [])
    assert refusal.value.errors[0].pointer == "/url"


def test_an_operator_opens_networks_by_name():
    networks = read_networks(["10.1.0.0/16", " fd00::/8 ", ""])
    assert read_target("http://10.1.2.3:8080/x", networks).authority == "10.1.2.3:8080"
    assert read_target("https://[fd00::5]/x", networks).authority == "[fd00::5]"
    assert read_target("http://receiver/x", networks).host == "receiver"
    with pytest.raises(Invalid, match="LOUPE_WEBHOOK_NETWORKS"):
        read_target("https://10.2.0.1/x", networks)
    with pytest.raises(ValueError, match="host bits"):
        read_networks(["10.1.2.3/16"])


def test_http_goes_to_named_networks_alone():
    networks = read_networks(["10.1.0.0/16"])
    tried = post(
        Target("http", "shop.example", 80, "/"),
        body=b"{}",
        headers={},
        networks=networks,
        resolve=lambda host, port: ["1.1.1.1"],
    )
    assert tried.code == "address_refused"
