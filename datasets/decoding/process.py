"""The decoding process: `python -m datasets.decoding.process`.

One JSON request a line on stdin, one JSON answer a line and file on stdout, in order. It ends when
stdin does, so it cannot outlive its parent for more than one file.
"""

import base64
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from common.imaging import ImageRejected, Picture, decode
from datasets.analysis.fingerprint import Fingerprint
from datasets.archive.member import Member
from datasets.archive.reader import opened, read_member
from datasets.decoding.image_file import ImageFile, finish_files
from datasets.decoding.staging import Staging
from datasets.errors import ArchiveRefused
from programs.limits import allow_seconds

SECONDS_PER_FILE = 30
# Small files are finished by the group; a larger one is alone, as memory is scarce.
GROUP_PIXELS = 1_000_000
NEEDS_TOO_MUCH_MEMORY = {
    "code": "needs_too_much_memory",
    "detail": "Decoding needs more memory than is allowed. Scale the image down.",
}

Answer = dict[str, Any]
Decoded = tuple[bytes, Picture]


def main() -> None:
    """Answer requests until stdin ends."""
    for line in sys.stdin.buffer:
        request = json.loads(line)
        answers = _answers(request)
        for number, answer in enumerate(answers, start=1):
            sys.stdout.write(json.dumps(answer) + "\n")
            if number % request["flush_every"] == 0:
                sys.stdout.flush()
        sys.stdout.flush()


def _answers(request: dict[str, Any]) -> Iterator[Answer]:
    staging = Staging(Path(request["staging"]), Path(request["store"]))
    group: list[Decoded | Answer] = []
    pixels = 0
    for read in _readers(request):
        decoded = _decoded(read, request["max_pixels"])
        size = 0 if isinstance(decoded, dict) else decoded[1].rgb.width * decoded[1].rgb.height
        if pixels + size > GROUP_PIXELS:
            yield from _finished(group, staging)
            group, pixels = [], 0
        group.append(decoded)
        pixels += size
        # Asked to flush each answer, it must not decode the next file, which may kill it, before.
        if len(group) == request["flush_every"] or pixels > GROUP_PIXELS:
            yield from _finished(group, staging)
            group, pixels = [], 0
    yield from _finished(group, staging)


def _readers(request: dict[str, Any]) -> Iterator[Callable[[], bytes]]:
    if "archive" in request:
        with opened(Path(request["archive"])) as data:
            for fields in request["members"]:
                yield partial(read_member, data, Member(*fields))
    else:
        for name in request["files"]:
            yield Path(name).read_bytes


def _decoded(read: Callable[[], bytes], max_pixels: int) -> Decoded | Answer:
    """Return a file and its picture, or why it is rejected (code, detail)."""
    allow_seconds(SECONDS_PER_FILE)
    try:
        content = read()
        return content, decode(content, max_pixels=max_pixels)
    except (ImageRejected, ArchiveRefused) as error:
        return {"code": error.code, "detail": f"{error.detail} {error.hint}".strip()}
    except MemoryError:
        return NEEDS_TOO_MUCH_MEMORY


def _finished(group: list[Decoded | Answer], staging: Staging) -> list[Answer]:
    """Return the answers of a group, in order, with the accepted files staged."""
    accepted = [one for one in group if not isinstance(one, dict)]
    try:
        files = iter(finish_files(accepted))
    except MemoryError:
        return [one if isinstance(one, dict) else NEEDS_TOO_MUCH_MEMORY for one in group]
    return [one if isinstance(one, dict) else _staged(next(files), staging) for one in group]


def _staged(file: ImageFile, staging: Staging) -> Answer:
    staging.write(file)
    return {
        "sha256": file.sha256,
        "width": file.width,
        "height": file.height,
        "format": file.format,
        "bytes": len(file.content),
        "thumbnail_bytes": len(file.thumbnail),
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


if __name__ == "__main__":
    main()
