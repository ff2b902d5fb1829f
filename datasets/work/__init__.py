"""What workers do for datasets, one module per kind of job."""

from datasets.work import find_copies, import_archive

__all__ = ["find_copies", "import_archive"]
