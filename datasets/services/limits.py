"""The bounds on archives, from the settings."""

from django.conf import settings

from datasets.archive.limits import ArchiveLimits


def archive_limits() -> ArchiveLimits:
    """Return what one archive may hold."""
    return ArchiveLimits(
        max_bytes=settings.ARCHIVE_MAX_BYTES,
        max_entries=settings.ARCHIVE_MAX_ENTRIES,
        max_expanded_bytes=settings.ARCHIVE_MAX_EXPANDED_BYTES,
        max_ratio=settings.ARCHIVE_MAX_RATIO,
        ratio_from_bytes=settings.ARCHIVE_RATIO_FROM_BYTES,
        max_file_bytes=settings.IMAGE_MAX_BYTES,
    )
