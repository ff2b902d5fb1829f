"""One decoding process, as its parent sees it."""

import json
import socket
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from common.fit import Fit
from datasets.decoding.pixels.messages import MAX_MESSAGE, Faults
from programs.launch import Program

PROGRAM = Program(
    module="datasets.decoding.pixels.process",
    # A transparent image of 50 megapixels takes 800 MB while it is laid on white.
    memory_bytes=2 << 30,
    variables={"OPENBLAS_NUM_THREADS": "1"},
)
CRASHED = "It makes the image decoder crash or work too long."
MISSING = "The file is missing."


class PixelDecoder:
    """Decodes for one thread, with which its process ends; starts it when it is needed.

    The process is given open files: it can open none itself.
    """

    def __init__(self, locate: Callable[[str], Path], program: Program = PROGRAM) -> None:
        """`locate` says where the file of a content (SHA-256) lies."""
        self._locate = locate
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def decode(self, contents: Sequence[str], size: int, fit: Fit, output: int, row: int) -> Faults:
        """Write the pixels of up to `MAX_FILES` contents to the open file, from row `row` on.

        Return why those whose row stays as it is cannot be decoded.
        """
        faults = self._ask(contents, size, fit, output, row)
        if faults is not None:
            return faults
        if len(contents) == 1:
            return {contents[0]: CRASHED}
        # Which of them has ended the process is known when each is asked for alone.
        alone = [self.decode([name], size, fit, output, row + n) for n, name in enumerate(contents)]
        return {name: reason for found in alone for name, reason in found.items()}

    def end(self) -> None:
        """End the process; the next call starts another."""
        process, self._process = self._process, None
        if self._socket is not None:
            self._socket.close()
        if process is not None:
            process.kill()
            process.wait()

    def _ask(
        self, contents: Sequence[str], size: int, fit: Fit, output: int, row: int
    ) -> Faults | None:
        """Return the faults, None where the process has died."""
        faults, rows = {}, {}
        with ExitStack() as stack:
            files = [output]
            for number, name in enumerate(contents, start=row):
                try:
                    file = stack.enter_context(self._locate(name).open("rb", buffering=0))
                except FileNotFoundError:
                    faults[name] = MISSING
                else:
                    files.append(file.fileno())
                    rows[number] = name
            answer = self._exchange({"size": size, "fit": fit, "rows": list(rows)}, files)
        if answer is None:
            self.end()
            return None
        return faults | {rows[int(number)]: reason for number, reason in answer.items()}

    def _exchange(self, request: dict[str, object], files: list[int]) -> dict[str, str] | None:
        try:
            requests = self._started()
            socket.send_fds(requests, [json.dumps(request).encode()], files)
            message = requests.recv(MAX_MESSAGE)
        except (BrokenPipeError, ConnectionResetError):
            return None
        faults: dict[str, str] | None = json.loads(message)["faults"] if message else None
        return faults

    def _started(self) -> socket.socket:
        if self._process is None or self._socket is None:
            self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._process = self._program.start(stdin=theirs, stdout=subprocess.DEVNULL)
        return self._socket
