"""A network that can be cut: passes bytes on to a server until told to hold everything back.

Neither end learns that it is cut: connections stay open, new ones are made, and nothing ever comes.
"""

import socket
import threading
from contextlib import suppress

CHUNK = 65536
Address = tuple[str, int] | str


class Proxy:
    """Listens on 127.0.0.1:`port` for a server at `target`: (host, port), or a socket's path."""

    def __init__(self, target: Address) -> None:
        self._target = target
        self._open = threading.Event()
        self._open.set()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Hold back whatever comes, in both directions."""
        self._open.clear()

    def mend(self) -> None:
        """Let everything pass, what was held back first."""
        self._open.set()

    def close(self) -> None:
        """End it with all its connections."""
        self._open.set()
        # A listener that another thread waits on wakes up by a shutdown alone.
        for each in [self._listener, *self._sockets]:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._sockets.append(near)
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        self._open.wait()
        far = self._connect()
        self._sockets.append(far)
        threading.Thread(target=self._pump, args=(far, near), daemon=True).start()
        self._pump(near, far)

    def _connect(self) -> socket.socket:
        if isinstance(self._target, tuple):
            return socket.create_connection(self._target)
        far = socket.socket(socket.AF_UNIX)
        far.connect(self._target)
        return far

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                self._open.wait()
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
