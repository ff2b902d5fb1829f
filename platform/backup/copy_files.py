"""Durable files on their way into a backup: each content is copied once, for all backups."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice

from backup.held import Held
from backup.manifest import FileLine
from backup.target import Backup, Target
from storage import durable
from storage.names import content_hash, is_moved, is_written_once

# A bucket answers several at a time; a folder's files are hashed beside one another.
_THREADS = 4
_BATCH = 1_000


def copy_files(target: Target, backup: Backup, held: Held) -> Iterator[FileLine]:
    """Copy what the target lacks, write the list, and yield a line for each file.

    What is `held` from earlier backups and has not changed since is neither copied nor read. A blob
    whose content is not that of its name is yielded and is not in the list. Raises `OSError`.
    """
    names = filter(is_moved, durable.walk())
    with ThreadPoolExecutor(_THREADS) as threads, backup.files_path.open("a") as stream:
        while batch := list(islice(names, _BATCH)):
            lines = threads.map(lambda name: _kept(target, held, name), batch)
            for line in lines:
                if line is None:
                    continue
                if not is_damaged(line):
                    stream.write(f"{json.dumps(line)}\n")
                yield line
            # A killed backup's list says what the next one need not copy.
            stream.flush()


def is_damaged(line: FileLine) -> bool:
    """Whether the content is not the one that its name says."""
    return content_hash(line.name) not in (None, line.sha256)


def _kept(target: Target, held: Held, name: str) -> FileLine | None:
    """Return the line of a file that the target holds then; None where the file is gone."""
    content = content_hash(name)
    if content is not None and (there := held.size(content)) is not None:
        return FileLine(name, content, there, 0)
    with suppress(FileNotFoundError):
        size, modified = (0, 0.0) if is_written_once(name) else durable.facts(name)
        known = held.line(name)
        if known and (is_written_once(name) or known[2:] == (size, modified)):
            return known
        sha256, size = target.keep(durable.blocks(name))
        return FileLine(name, sha256, size, modified)
    return None
