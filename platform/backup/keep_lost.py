"""What the store has lost or harmed goes on from backup to backup, where an earlier one has it."""

import json
from collections.abc import Iterator
from itertools import chain

from backup.held import Held
from backup.manifest import KEPT, FileLine, Gap
from backup.promises import Promises
from backup.target import Backup
from storage.atomic import write_atomically


def keep_lost(backup: Backup, held: Held, gaps: list[Gap], now: Promises) -> list[Gap]:
    """List what earlier backups have of lost and damaged files; return the gaps, these as `kept`.

    So no earlier backup is needed for them. `now` says which contents rows want. Raises `OSError`.
    """
    kept = {}
    for gap in gaps:
        line = _held_line(held, gap.name, now) if gap.why in ("lost", "damaged") else None
        if line is not None:
            kept[gap.name] = line
    if kept:
        write_atomically(backup.files_path, _with(backup, kept), durable=False)
    return [Gap(name=gap.name, why=KEPT) if gap.name in kept else gap for gap in gaps]


def _held_line(held: Held, name: str, now: Promises) -> FileLine | None:
    sha256 = now.sha256(name)
    if sha256 is None:
        # The archive of a waiting job: rows tell no hash, and it never gets another content.
        return held.line(name)
    size = held.size(sha256)
    return FileLine(name, sha256, size, 0) if size is not None else None


def _with(backup: Backup, kept: dict[str, FileLine]) -> Iterator[bytes]:
    lines = (line for line in backup.files() if line.name not in kept)
    for line in chain(lines, kept.values()):
        yield f"{json.dumps(line)}\n".encode()
