"""A proxy that cuts connections, as a bad line does."""

import math
import socket
import threading
from contextlib import suppress

_BLOCK = 1 << 16


class CuttingProxy:
    """Passes everything on to `port`, and cuts the connection after each of `cuts` bytes sent.

    `sent` counts the bytes that clients have sent, `cut` the connections that were cut. With
    `most_down` a connection is also cut when so many bytes have come down on it, `down_cuts` times.
    """

    def __init__(
        self, port: int, cuts: list[int], most_down: int | None = None, down_cuts: float = math.inf
    ) -> None:
        self._down_cuts = down_cuts
        self.sent = self.cut = 0
        self._port, self._cuts, self._most_down = port, list(cuts), most_down
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._port))
                for source, target, up in ((client, server, True), (server, client, False)):
                    threading.Thread(
                        target=self._pass_on, args=(source, target, up), daemon=True
                    ).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, up: bool) -> None:
        passed = 0
        with suppress(OSError):
            while block := source.recv(_BLOCK):
                passed += len(block)
                if self._is_cut(len(block)) if up else self._is_cut_down(passed):
                    break
                target.sendall(block)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _is_cut(self, count: int) -> bool:
        with self._lock:
            self.sent += count
            if self._cuts and self.sent >= self._cuts[0]:
                self._cuts.pop(0)
                self.cut += 1
                return True
            return False

    def _is_cut_down(self, passed: int) -> bool:
        is_cut = (
            self._most_down is not None and passed > self._most_down and self.cut < self._down_cuts
        )
        with self._lock:
            self.cut += is_cut
        return is_cut
