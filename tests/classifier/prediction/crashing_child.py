"""The model process with faults: what a hostile image may find one day.

`KILL` at the end of an image file ends the process that decodes it, `HANG` keeps that for ever,
`LOOK` has it look for files, and `BOOM` ends the model process itself.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

from classifier.prediction.serving import child, pixels
from common.imaging import ImageRejected
from common.pixels import read_pixels
from programs.launch import Program

_one = child._one


def decode(source, size, fit):
    """Decode, or do what the image wants."""
    if source.endswith(b"KILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    if source.endswith(b"HANG"):
        time.sleep(3600)
    if source.endswith(b"LOOK"):
        found = [path for path in ("/", "/proc", "/tmp", sys.prefix, __file__) if _opens(path)]
        raise ImageRejected("looked", json.dumps(found))
    return read_pixels(source, size, fit)


def _opens(path):
    try:
        return bool(Path(path).read_bytes() if path == __file__ else list(Path(path).iterdir()))
    except OSError:
        return False


def one(predictor, file, *rest):
    """Answer, or do what the image wants."""
    if file.endswith(b"BOOM"):
        os.kill(os.getpid(), signal.SIGKILL)
    return _one(predictor, file, *rest)


if __name__ == "__main__":
    if sys.argv[1:] == ["decode"]:
        pixels.main(decode)
    else:
        child._one = one
        child.main(
            Program(module="tests.classifier.prediction.crashing_child", arguments=("decode",))
        )
