"""What workers do for datasets, one module per kind of job."""

from datasets.work import check_quality, compute_map, copy_dataset, help_import, import_archive

__all__ = ["check_quality", "compute_map", "copy_dataset", "help_import", "import_archive"]
