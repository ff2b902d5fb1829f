"""How much an archive may hold."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ArchiveLimits:
    """Bounds on one archive; every one is a setting.

    `max_ratio` is expanded ÷ compressed size of one entry, looked at only in entries that expand
    to more than `ratio_from_bytes`: an honest white BMP compresses 970:1. `max_whole_ratio` is the
    same over all files together, once they expand to more than `ratio_from_bytes`: photographs as
    BMP reach 4:1, scans and drawings of some lines up to 390:1 (measured), only blank ones 970:1.
    """

    max_bytes: int
    max_entries: int
    max_expanded_bytes: int
    max_ratio: int
    max_whole_ratio: int
    ratio_from_bytes: int
    max_file_bytes: int
