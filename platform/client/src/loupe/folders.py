"""The files below a folder, as people mean them: through links, without what is hidden."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from loupe.errors import UnusableInput

Faulty = Callable[[UnusableInput], None]
"""Called with what is wrong with a folder."""


def refuse(error: UnusableInput) -> None:
    """Raise it."""
    raise error


def files_below(
    folder: Path, *, hidden: list[Path] | None = None, faulty: Faulty = refuse
) -> Iterator[Path]:
    """Yield the files below a folder by their names, those of a folder before its folders'.

    Links to folders are followed. What is hidden (a name that begins with a dot) stays out, and is
    put into `hidden`. A folder that cannot be listed or that lies in itself by a link stays out
    only where `faulty` does not raise; by default `UnusableInput` is raised. What has gone while
    it is looked for stays out.
    """
    left_out = [] if hidden is None else hidden
    yield from _below(folder, frozenset(), left_out, faulty)


def require_utf8(name: str) -> None:
    """Raise `UnusableInput` for a name that is not in UTF-8, which no request can say."""
    try:
        name.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(name).decode(errors="replace")
        raise UnusableInput(f"The name {shown} is not in UTF-8: rename the file.") from None


def _below(
    folder: Path, above: frozenset[tuple[int, int]], hidden: list[Path], faulty: Faulty
) -> Iterator[Path]:
    try:
        facts = folder.stat()
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        faulty(UnusableInput(f"{folder} cannot be read: {error.strerror}"))
        return
    here = (facts.st_dev, facts.st_ino)
    if here in above:
        faulty(UnusableInput(f"{folder} is a link to a folder that it lies in: remove the link."))
        return
    folders = []
    for entry in entries:
        if entry.name.startswith("."):
            hidden.append(Path(entry.path))
        elif _is_folder(entry):
            folders.append(Path(entry.path))
        else:
            yield Path(entry.path)
    for each in folders:
        yield from _below(each, above | {here}, hidden, faulty)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link to itself: no file either, as its reader will find.
        return False
