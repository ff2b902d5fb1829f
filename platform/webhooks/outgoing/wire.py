"""A connection to a stranger: bounded in time and in bytes, from the first to the last."""

import io
import socket
import time
from collections.abc import Callable


class TooMuch(Exception):
    """The other side has sent more than is read."""


class Deadline:
    """A moment after which nothing is waited for."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self, most: float = float("inf")) -> float:
        """Return the seconds that are left, up to `most`; raises `TimeoutError` when none are."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, most)

    def shorten(self, seconds: float) -> None:
        """Have it come within `seconds` from now, if it does not come before."""
        self._at = min(self._at, time.monotonic() + seconds)


class Wire:
    """What `http.client` takes for a socket: each wait ends by the deadline, however it trickles.

    A socket's own timeout is one of each call, so that a byte every few seconds would hold us.
    """

    def __init__(self, sock: socket.socket, deadline: Deadline, most_bytes: int) -> None:
        self._sock, self._deadline, self._most_bytes = sock, deadline, most_bytes

    def sendall(self, data: bytes) -> None:
        """Send it all; raises `TimeoutError`."""
        self._sock.settimeout(self._deadline.left())
        self._sock.sendall(data)

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        """Return what the answer is read from."""
        return io.BufferedReader(_Bounded(self._receive, self._most_bytes))

    def close(self) -> None:
        """Do nothing: `http.client` closes before it has read, and who opened it closes it."""

    def _receive(self, buffer: memoryview) -> int:
        self._sock.settimeout(self._deadline.left())
        return self._sock.recv_into(buffer)


class _Bounded(io.RawIOBase):
    def __init__(self, receive: Callable[[memoryview], int], most_bytes: int) -> None:
        super().__init__()
        self._receive, self._left = receive, most_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        if self._left <= 0:
            raise TooMuch
        number = self._receive(memoryview(buffer)[: self._left])
        self._left -= number
        return number
