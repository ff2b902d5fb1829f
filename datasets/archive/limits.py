"""How much an archive may hold."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ArchiveLimits:
    """Bounds on one archive; every one is a setting.

    `max_ratio` is expanded ÷ compressed size of one entry, looked at only in entries that expand to
    more than `ratio_from_bytes`: an honest white BMP compresses 970:1.
    """

    max_bytes: int
    max_entries: int
    max_expanded_bytes: int
    max_ratio: int
    ratio_from_bytes: int
    max_file_bytes: int
