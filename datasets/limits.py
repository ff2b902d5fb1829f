"""The bounds on archives, from the settings."""

from django.conf import settings

from common.errors import TooLarge
from datasets.archive.limits import ArchiveLimits


def archive_limits() -> ArchiveLimits:
    """Return what one archive may hold."""
    return ArchiveLimits(
        max_bytes=settings.ARCHIVE_MAX_BYTES,
        max_entries=settings.ARCHIVE_MAX_ENTRIES,
        max_expanded_bytes=settings.ARCHIVE_MAX_EXPANDED_BYTES,
        max_ratio=settings.ARCHIVE_MAX_RATIO,
        max_whole_ratio=settings.ARCHIVE_MAX_WHOLE_RATIO,
        ratio_from_bytes=settings.ARCHIVE_RATIO_FROM_BYTES,
        max_file_bytes=settings.IMAGE_MAX_BYTES,
    )


def too_large(limit: int) -> TooLarge:
    """Return what is answered to an archive of more than `limit` bytes."""
    return TooLarge(
        f"An archive may have up to {limit / (1 << 30):.4g} GiB ({limit:,} bytes); "
        "this one is larger.",
        hint="Split it into several archives and import them one after the other.",
    )
