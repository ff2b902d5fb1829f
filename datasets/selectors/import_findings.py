"""What the quality check found after an import."""

from datasets.models import Import, QualityReport
from datasets.selectors.quality import open_count


def checked_since(source: Import) -> bool:
    """Whether a check has read the dataset's images after the import had ended."""
    ended_at = source.job.ended_at
    if ended_at is None:
        return False
    return QualityReport.objects.filter(
        dataset=source.dataset_id, checked_at__isnull=False, facts_at__gte=ended_at
    ).exists()


def open_since(source: Import) -> int | None:
    """Return what the report leaves to decide; None until a check saw what the import added."""
    return open_count(source.dataset) if checked_since(source) else None
