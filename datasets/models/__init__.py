from datasets.models.annotation import Annotation
from datasets.models.bulk_edit import BulkAction, BulkEdit
from datasets.models.class_label import ClassLabel
from datasets.models.dataset import Dataset
from datasets.models.dataset_copy import DatasetCopy
from datasets.models.dataset_map import DatasetMap
from datasets.models.fingerprint import ImageFingerprint
from datasets.models.forgetting import Forgetting
from datasets.models.image import Image
from datasets.models.image_count import ImageCount
from datasets.models.imports import (
    Duplicates,
    Import,
    ImportChunk,
    ImportItem,
    ImportStatus,
    Outcome,
)
from datasets.models.instant_model import InstantModel
from datasets.models.out_of_fold import OutOfFold
from datasets.models.quality import FindingKind, QualityItem, QualityMember, QualityReport
from datasets.models.sample import Sample
from datasets.models.sheet_text import SheetText
from datasets.models.split import Split, SplitName
from datasets.models.upload import Upload
from datasets.models.vector import Vector
from datasets.models.vector_space import VectorSpace
from datasets.models.version import DatasetVersion, Strategy

__all__ = [
    "Annotation",
    "BulkAction",
    "BulkEdit",
    "ClassLabel",
    "Dataset",
    "DatasetCopy",
    "DatasetMap",
    "DatasetVersion",
    "Duplicates",
    "FindingKind",
    "Forgetting",
    "Image",
    "ImageCount",
    "ImageFingerprint",
    "Import",
    "ImportChunk",
    "ImportItem",
    "ImportStatus",
    "InstantModel",
    "OutOfFold",
    "Outcome",
    "QualityItem",
    "QualityMember",
    "QualityReport",
    "Sample",
    "SheetText",
    "Split",
    "SplitName",
    "Strategy",
    "Upload",
    "Vector",
    "VectorSpace",
]
