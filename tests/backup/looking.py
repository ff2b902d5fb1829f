"""What tests ask of a folder of backups."""

from pathlib import Path

from backup.verify import verify_backup


def quiet(sentence: str) -> None:
    """Hear of progress and do nothing."""


def faults(folder: Path, name: str = "") -> list[str]:
    """Return what is wrong with a backup, but for loading its rows."""
    return verify_backup(folder, name=name, load=False, say=quiet)[1]
