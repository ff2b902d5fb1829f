"""The decoding process: `python -m datasets.decoding.process`.

One JSON request a line on stdin, one JSON answer a line and file on stdout, in order. It ends when
stdin does, so it cannot outlive its parent for more than one file.
"""

import base64
import json
import math
import resource
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from common.imaging import ImageRejected
from datasets.analysis.fingerprint import Fingerprint
from datasets.archive.inspection import Member
from datasets.archive.reader import opened, read_member
from datasets.decoding.image_file import read_image_file
from datasets.decoding.staging import Staging
from datasets.errors import ArchiveRefused

MEMORY_BYTES = 3 << 30
SECONDS_PER_FILE = 30


def main() -> None:
    """Answer requests until stdin ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin.buffer:
        request = json.loads(line)
        answers = _answers(request)
        for number, answer in enumerate(answers, start=1):
            sys.stdout.write(json.dumps(answer) + "\n")
            if number % request["flush_every"] == 0:
                sys.stdout.flush()
        sys.stdout.flush()


def _answers(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    staging = Staging(Path(request["staging"]), Path(request["store"]))
    if "archive" in request:
        with opened(Path(request["archive"])) as data:
            for fields in request["members"]:
                member = Member(*fields)
                yield _answer(partial(read_member, data, member), staging, request)
    else:
        for name in request["files"]:
            yield _answer(Path(name).read_bytes, staging, request)


def _answer(read: Callable[[], bytes], staging: Staging, request: dict[str, Any]) -> dict[str, Any]:
    """Return what a file is, or why it is rejected (code, detail)."""
    _allow_seconds(SECONDS_PER_FILE)
    try:
        file = read_image_file(read(), max_pixels=request["max_pixels"])
    except (ImageRejected, ArchiveRefused) as error:
        return {"code": error.code, "detail": f"{error.detail} {error.hint}".strip()}
    except MemoryError:
        return {
            "code": "needs_too_much_memory",
            "detail": "Decoding needs more memory than is allowed. Scale the image down.",
        }
    staging.write(file)
    return {
        "sha256": file.sha256,
        "width": file.width,
        "height": file.height,
        "format": file.format,
        "bytes": len(file.content),
        "fingerprint": _as_json(file.fingerprint),
    }


def _as_json(fingerprint: Fingerprint) -> dict[str, Any]:
    return {
        "pixels_sha256": fingerprint.pixels_sha256,
        "brightness": fingerprint.brightness,
        "contrast": fingerprint.contrast,
        "sharpness": fingerprint.sharpness,
        "thumbnail": base64.b64encode(fingerprint.thumbnail).decode(),
        "colours": base64.b64encode(fingerprint.colours).decode(),
    }


def _allow_seconds(seconds: int) -> None:
    """Let the kernel end this process after so much more processor time."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + seconds, hard))


if __name__ == "__main__":
    main()
