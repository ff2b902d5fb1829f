"""`loupe predict --watch`: each image file that comes into a folder is asked about once.

The lines that are written are the memory: a file whose path, size and time of change stand in one
is done. A line that was cut off by an end of the machine is removed and its file asked about again.
What cannot be read is remarked once, not sent, and tried again at each look.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from loupe.cli.output import percent, remark, say
from loupe.errors import CannotConnect, TooManyRequests, Unavailable, UnusableInput
from loupe.folders import require_utf8
from loupe.images import ImageFile, files_of, image_paths
from loupe.models import Model, ModelVersion
from loupe.predictions import Prediction

LOOK_SECONDS = 1.0
_AT_A_TIME = 128


class Unread:
    """What could not be read; each is remarked once."""

    def __init__(self) -> None:
        self.remarked: set[str] = set()

    def tell(self, error: UnusableInput) -> None:
        """Remark it, unless that was said before."""
        if str(error) not in self.remarked:
            self.remarked.add(str(error))
            remark(f"loupe: {error}")


class Seen(NamedTuple):
    """A file as it was: another size or time of change is another picture."""

    name: str
    bytes: int
    modified_ns: int


def watch(
    asked: Model | ModelVersion, folder: Path, output: Path, *, top_k: int, once: bool = False
) -> int:
    """Ask about what is in the folder and what comes into it, until a person ends it.

    With `once` end when all is answered, with 1 where a file could not be read. Returns the exit
    code. Raises `UnusableInput`.
    """
    if not folder.is_dir():
        raise UnusableInput(f"{folder} is no folder.")
    done = _done(output)
    remark(f"Watching {folder}, writing {output} (Ctrl-C ends it; {len(done):,} are done)")
    before: set[Seen] = set()
    tried: set[Seen] = set()
    unread = Unread()
    with output.open("a", encoding="utf-8") as lines:
        try:
            while True:
                started = time.monotonic()
                there = _there(folder, unread)
                took = time.monotonic() - started
                # What has not changed between two looks is written to its end.
                ready = sorted((there & before if not once else there) - done - tried)
                if ready:
                    files = _read(folder, ready[:_AT_A_TIME], tried, unread)
                    _answer(asked, files, lines, done, top_k, once)
                elif once:
                    return int(bool(unread.remarked))
                before = there
                if len(ready) <= _AT_A_TIME and not once:
                    # A fifth of a core at most goes into looking.
                    time.sleep(max(LOOK_SECONDS, 4 * took))
                    # Another program may have held them, or their rights may be mended.
                    tried.clear()
        except KeyboardInterrupt:
            remark("")
            return 0


def _answer(
    asked: Model | ModelVersion,
    files: Iterator[ImageFile],
    lines: TextIO,
    done: set[Seen],
    top_k: int,
    once: bool,
) -> None:
    """Ask about these files and write their lines; a server that is away is asked again later."""
    try:
        for answer in asked.predict_each(files, top_k=top_k):
            file = answer.source
            _write(lines, file, answer)
            done.add(file)
            _tell(file, answer)
    except (CannotConnect, TooManyRequests, Unavailable) as error:
        if once:
            raise
        remark(f"loupe: {error} Trying again.")
        time.sleep(LOOK_SECONDS)


def _read(folder: Path, files: list[Seen], tried: set[Seen], unread: Unread) -> Iterator[ImageFile]:
    """Yield the files that can be read; put the others into `tried`, and tell of them.

    One that has gone since it was seen is not told of.
    """
    for file in files:
        try:
            require_utf8(file.name)
            [image] = files_of(folder / file.name)
        except UnusableInput as error:
            tried.add(file)
            if not isinstance(error.__cause__, FileNotFoundError):
                unread.tell(error)
        else:
            yield image._replace(source=file)


def _there(folder: Path, unread: Unread) -> set[Seen]:
    found = set()
    for path in image_paths(folder, unread.tell):
        try:
            facts = path.stat()
        except FileNotFoundError:
            continue
        except OSError as error:
            unread.tell(UnusableInput(f"{path} cannot be read: {error.strerror}"))
            continue
        name = path.relative_to(folder).as_posix()
        found.add(Seen(name, facts.st_size, facts.st_mtime_ns))
    return found


def _write(lines: TextIO, file: Seen, answer: Prediction) -> None:
    line: dict[str, Any] = {
        "file": file.name,
        "bytes": file.bytes,
        "modified_ns": file.modified_ns,
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "class_name": answer.class_name,
        "probability": answer.probability,
        "decision": answer.decision,
        "error": answer.error,
        "classes": [each._asdict() for each in answer.classes],
        "prediction": answer.id,
    }
    lines.write(f"{json.dumps(line, ensure_ascii=False)}\n")
    lines.flush()
    os.fsync(lines.fileno())


def _tell(file: Seen, answer: Prediction) -> None:
    said = answer.error or f"{answer.class_name} {percent(answer.probability)}"
    say(f"{file.name}  {said}")


def _done(output: Path) -> set[Seen]:
    """Return what an earlier watch has answered, and remove the half of a line at the end."""
    try:
        content = output.read_bytes()
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise UnusableInput(f"{output} cannot be read: {error.strerror}") from error
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(output, whole)
    done = set()
    for line in content[:whole].splitlines():
        try:
            entry = json.loads(line)
            done.add(Seen(entry["file"], entry["bytes"], entry["modified_ns"]))
        except (ValueError, KeyError, TypeError) as error:
            raise UnusableInput(
                f"{output} has a line that `loupe predict --watch` did not write: name another "
                "file by --output."
            ) from error
    return done
