"""A decoder of pixels that was taken over: what it got becomes the pixels of the image.

An image whose file begins with `exit` ends the process instead.
"""

import json
import os
import socket
import sys
from pathlib import Path

import numpy as np

from common.pixels import read_pixels
from datasets.decoding.pixels import process


def attempts(target: dict) -> dict:
    """Return what could be had of the secrets, files and servers that `target` names."""
    return {
        "environment": sorted(os.environ),
        "files": [path for path in target["files"] if readable(path)],
        "folders": [path for path in target["folders"] if listable(path)],
        "network": connects(target["port"]),
        "root": escapes(),
    }


def readable(path: str) -> bool:
    try:
        return bool(Path(path).read_bytes())
    except OSError:
        return False


def listable(path: str) -> bool:
    try:
        return bool(os.listdir(path))  # noqa: PTH208
    except OSError:
        return False


def connects(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def escapes() -> bool:
    """The way out of a root that was only changed: another root below, then up."""
    try:
        Path("below").mkdir()
        os.chroot("below")
        os.chdir("../../../..")
    except OSError:
        return False
    return True


def decode(content, size, fit):
    if content.startswith(b"exit"):
        os._exit(3)
    if not content.startswith(b"{"):
        return read_pixels(content, size, fit)
    said = json.dumps(attempts(json.loads(content))).encode()
    pixels = np.zeros((size, size, 3), np.uint8)
    pixels.reshape(-1)[: len(said)] = np.frombuffer(said, np.uint8)
    return pixels


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    process.main(decode)
