"""The kinds of work that this app gives to workers."""

from jobs.kinds import Kind, Limit, Needs, Page, Queue

# Bounds one decoding process: a 50-megapixel photograph needs about 450 MB while it is turned.
IMPORT_MEMORY_BYTES = 4 << 30

COMPUTE_MAP = Kind(
    name="compute_map",
    title="Map of images",
    queue=Queue.IO,
    needs=Needs(preload=("datasets.analysis.projection",)),
    page=Page("Map", "datasets:map", "dataset"),
)
CHECK_QUALITY = Kind(
    name="check_quality",
    title="Quality check",
    queue=Queue.IO,
    needs=Needs(preload=("sklearn.linear_model",)),
    announced=False,
    memory_limit_bytes=IMPORT_MEMORY_BYTES,
    page=Page("Quality report", "datasets:quality", "dataset"),
)
# Copies of models count with them.
COPIES = Limit("copies", 5)
COPY_DATASET = Kind(
    name="copy_dataset",
    title="Copy of a dataset",
    queue=Queue.IO,
    limit=COPIES,
    page=Page("Copy", "datasets:copy_detail", "copy"),
)
IMPORT_ARCHIVE = Kind(
    name="import",
    title="Import of images",
    queue=Queue.IO,
    memory_limit_bytes=IMPORT_MEMORY_BYTES,
    page=Page("Report", "datasets:import", "import"),
)
HELP_IMPORT = Kind(
    name="help_import",
    title="Help with an import",
    queue=Queue.IO,
    memory_limit_bytes=IMPORT_MEMORY_BYTES,
    is_part=True,
)
