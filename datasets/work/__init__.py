"""What workers do for datasets, one module per kind of job."""

from datasets.work import check_quality, import_archive

__all__ = ["check_quality", "import_archive"]
