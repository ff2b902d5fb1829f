"""The process that decodes files to pixels: `python -m datasets.decoding.pixels.process`.

Requests come through the socket on stdin, each with open files: the one that takes the pixels,
then the image files. It can open no file by itself and ends when the socket is closed.
"""

import json
import os
import socket
from collections.abc import Callable
from typing import Any

from common.fit import Fit
from common.imaging import ImageRejected
from common.pixels import Pixels, read_pixels
from datasets.decoding.pixels.messages import MAX_FILES, MAX_MESSAGE
from programs.isolation import leave_files
from programs.limits import allow_seconds

SECONDS_PER_FILE = 30

Decode = Callable[[bytes, int, Fit], Pixels]


def main(decode: Decode = read_pixels) -> None:
    """Answer requests `{size, fit, rows}` with `{faults}` until the other side closes the socket.

    `rows` says for each image file which row (size, size, 3) its pixels become of the file that
    takes them. `faults` has, by that row, why a file cannot be decoded.
    """
    leave_files()
    with socket.socket(fileno=0) as requests:
        while True:
            message, opened, _, _ = socket.recv_fds(requests, MAX_MESSAGE, 1 + MAX_FILES)
            if not message:
                return
            requests.send(json.dumps(_answer(json.loads(message), opened, decode)).encode())


def _answer(request: dict[str, Any], opened: list[int], decode: Decode) -> dict[str, Any]:
    output, *files = opened
    faults = {}
    for row, file in zip(request["rows"], files, strict=True):
        allow_seconds(SECONDS_PER_FILE)
        try:
            # Pillow takes bytes in memory sooner than pieces of a file.
            with open(file, "rb", buffering=0) as stream:  # noqa: PTH123  (a number, not a path)
                pixels = decode(stream.read(), request["size"], request["fit"])
                _write(output, pixels, row)
        except ImageRejected as error:
            faults[row] = error.detail
        except MemoryError:
            faults[row] = "Decoding it needs more memory than is allowed."
    os.close(output)
    return {"faults": faults}


def _write(output: int, pixels: Pixels, row: int) -> None:
    content = pixels.data.cast("B")
    start = row * len(content)
    while content:
        written = os.pwrite(output, content, start)
        content, start = content[written:], start + written


if __name__ == "__main__":
    main()
