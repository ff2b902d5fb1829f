"""Runs a command where every way out ends in a hole, and notes each packet that was to leave.

    unshare --net --mount python -m tests.e2e.cut_off PACKETS.json command…

The network namespace has loopback, and a tunnel with the default routes on it, whose other end is
this program: it reads what is sent and answers nothing. The name server lies behind it too. So an
attempt to reach another host counts, though it comes to nothing. Exits with the command's status.
"""

import fcntl
import ipaddress
import json
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

DEVICE = "nowhere"
NAME_SERVER = "192.0.2.53"
SETUP = (
    "ip link set lo up",
    f"ip address add 192.0.2.2/24 dev {DEVICE}",
    f"ip link set {DEVICE} up",
    f"ip route add default via 192.0.2.1 dev {DEVICE}",
    f"ip address add 2001:db8::2/64 dev {DEVICE} nodad",
    f"ip -6 route add default via 2001:db8::1 dev {DEVICE}",
)
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
DNS = 53
NAMES = {socket.IPPROTO_TCP: "tcp", socket.IPPROTO_UDP: "udp"}


def make_hole(folder: Path) -> int:
    """Lay the ways out and return the far end of the tunnel.

    Raises `OSError` or `CalledProcessError` where the kernel does not let us.
    """
    tunnel = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    request = struct.pack("16sH", DEVICE.encode(), IFF_TUN | IFF_NO_PI)
    fcntl.ioctl(tunnel, TUNSETIFF, request)
    for command in SETUP:
        subprocess.run(command.split(), check=True)
    resolver = folder / "resolv.conf"
    resolver.write_text(f"nameserver {NAME_SERVER}\noptions timeout:1 attempts:1\n")
    resolver.chmod(0o644)
    subprocess.run(["mount", "--bind", resolver, "/etc/resolv.conf"], check=True)
    return tunnel


def destination(packet: bytes) -> str:
    """Return `tcp 192.0.2.7:443` for a packet of TCP or UDP, "" for the kernel's own chatter.

    A question to a name server has the name after it.
    """
    if packet[0] >> 4 == 4:
        protocol, address, rest = packet[9], packet[16:20], packet[(packet[0] & 15) * 4 :]
    else:
        protocol, address, rest = packet[6], packet[24:40], packet[40:]
    if protocol not in NAMES or len(rest) < 4:
        return ""
    (port,) = struct.unpack("!H", rest[2:4])
    host = ipaddress.ip_address(address)
    asked = f" {asked_name(rest[8:])}" if (protocol, port) == (socket.IPPROTO_UDP, DNS) else ""
    return f"{NAMES[protocol]} {f'[{host}]' if host.version == 6 else host}:{port}{asked}"


def asked_name(question: bytes) -> str:
    """Return the name that a question of DNS has (RFC 1035, 4.1)."""
    labels, at = [], 12
    while length := question[at]:
        labels.append(question[at + 1 : at + 1 + length].decode("ascii", "backslashreplace"))
        at += 1 + length
    return ".".join(labels)


def read_until(over: threading.Event, tunnel: int, found: Counter[str]) -> None:
    """Count what comes out of the tunnel, by destination."""
    while not over.is_set():
        readable, _, _ = select.select([tunnel], [], [], 0.2)
        if readable and (where := destination(os.read(tunnel, 65536))):
            found[where] += 1


def main(report: Path, command: list[str]) -> int:
    """Run the command, write {destination: packets}, return the command's status."""
    found: Counter[str] = Counter()
    over = threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        tunnel = make_hole(Path(folder))
        reader = threading.Thread(target=read_until, args=(over, tunnel, found))
        reader.start()
        status = subprocess.run(command, check=False).returncode
        over.wait(1)
        over.set()
        reader.join()
    report.write_text(json.dumps(found))
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
