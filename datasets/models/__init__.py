from datasets.models.annotation import Annotation
from datasets.models.bulk_edit import BulkAction, BulkEdit
from datasets.models.class_label import ClassLabel
from datasets.models.dataset import Dataset
from datasets.models.fingerprint import ImageFingerprint
from datasets.models.image import Image
from datasets.models.imports import Duplicates, Import, ImportItem, Outcome
from datasets.models.sample import Sample
from datasets.models.split import Split, SplitName
from datasets.models.version import DatasetVersion, Strategy

__all__ = [
    "Annotation",
    "BulkAction",
    "BulkEdit",
    "ClassLabel",
    "Dataset",
    "DatasetVersion",
    "Duplicates",
    "Image",
    "ImageFingerprint",
    "Import",
    "ImportItem",
    "Outcome",
    "Sample",
    "Split",
    "SplitName",
    "Strategy",
]
