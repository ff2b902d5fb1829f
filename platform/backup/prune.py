"""Remove old backups, and contents that none needs any longer."""

from pathlib import Path
from typing import NamedTuple

from backup.errors import Refused
from backup.target import Target


class Pruned(NamedTuple):
    """What went: backups by name, contents and their bytes."""

    backups: list[str]
    contents: int
    bytes: int


def prune_backups(folder: Path, *, keep: int) -> Pruned:
    """Keep the newest `keep` whole backups (1 or more) and what they need; remove all else.

    Raises `Refused` where a backup that stays is damaged: nothing goes then.
    """
    if keep < 1:
        raise Refused(f"--keep must be 1 or more, not {keep}.")
    target = Target(folder)
    with target.removing():
        whole = [each for each in target.backups() if each.is_whole]
        stay = whole[-keep:]
        for backup in stay:
            backup.sound_manifest()
        needed = {line.sha256 for backup in stay for line in backup.files()}
        names = [each.name for each in stay]
        gone = [each for each in target.backups() if each.name not in names]
        for backup in gone:
            backup.remove()
        count = size = 0
        for path in target.contents():
            if path.name not in needed and not target.is_last_of(path, needed):
                count, size = count + 1, size + path.stat().st_size
                path.unlink()
    return Pruned([each.name for each in gone], count, size)
