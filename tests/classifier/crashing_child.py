"""The model process with a decoder that has faults: what a hostile image may find one day.

`KILL` at the end of an image file ends the process, `HANG` keeps its thread for ever.
"""

import os
import signal
import time

from classifier.serving import child

_read_pixels = child.read_pixels


def read_pixels(source, size):
    """Decode, or do what the image wants."""
    if source.endswith(b"KILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    if source.endswith(b"HANG"):
        time.sleep(3600)
    return _read_pixels(source, size)


if __name__ == "__main__":
    child.read_pixels = read_pixels
    child.main()
