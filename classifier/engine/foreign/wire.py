"""What goes between ``process`` and its parent, who opens every file for it."""

import json
import os
import sys
from typing import Any

import numpy as np
import numpy.typing as npt


def say(answer: dict[str, Any]) -> None:
    """Write a line for the parent."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def content_of(descriptor: int, size: int) -> bytes:
    """Return up to so many bytes of an open file."""
    with open(descriptor, "rb", closefd=False) as stream:
        return stream.read(size)


def write_out(descriptor: int, content: bytes) -> None:
    """Write the served file into what the parent has opened for it."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def read_images(descriptor: int, shape: list[int]) -> npt.NDArray[np.uint8]:
    """Return the images of the trial that the parent has written, uint8 of this shape."""
    size = int(np.prod(shape))
    return np.frombuffer(content_of(descriptor, size), np.uint8).reshape(shape)
