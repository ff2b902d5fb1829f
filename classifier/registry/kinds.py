"""The kinds of work that make files of a model version."""

from datasets.kinds import COPIES
from jobs.kinds import Kind, Limit, Page, Queue

# Made while a person waits for it; TensorFlow is imported in this job's process and goes with it.
# Two versions in every format.
EXPORT = Kind(
    name="export",
    title="Export",
    queue=Queue.IO,
    page=Page("Exports", "classifier:model_version_exports", "model_version"),
    limit=Limit("exports", 18),
)

# Asks the version about its validation images and a part of its train images.
DECISION = Kind(
    name="decision",
    title="Decision",
    queue=Queue.IO,
    page=Page("Model version", "classifier:model_version", "model_version"),
)

# Half a minute of one core; ONNX Runtime quantizes and answers.
FAST_MODE = Kind(
    name="fast_mode",
    title="Fast mode",
    queue=Queue.IO,
    page=Page("Model version", "classifier:model_version", "model_version"),
)

COPY_MODEL = Kind(
    name="copy_model",
    title="Copy of a model version",
    queue=Queue.IO,
    limit=COPIES,
    page=Page("Copy", "classifier:model_copy_detail", "model_copy"),
)

# A stranger's file: it is opened in a process of its own (`classifier.engine.foreign.process`).
IMPORT_MODEL = Kind(
    name="import_model",
    title="Import of a model",
    queue=Queue.IO,
    max_attempts=2,
    page=Page("Import of a model", "classifier:model_import", "model_import"),
    limit=Limit("imports of models", 3),
    stall_seconds=1200,
    time_limit_seconds=1800,
)
