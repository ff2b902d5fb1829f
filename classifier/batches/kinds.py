"""The kinds of work that answer about many images."""

from jobs.kinds import Kind, Limit, Page, Queue

# Of a stranger's archive it decodes files as an import does; a network maps about 2 GB besides.
_MEMORY_BYTES = 8 << 30

# It begins again where it was, and a worker that is lost takes a chunk along at most: it may lose
# many before a person has to look.
BATCH = Kind(
    name="batch_prediction",
    title="Batch prediction",
    queue=Queue.IO,
    max_attempts=12,
    memory_limit_bytes=_MEMORY_BYTES,
    resumable=True,
    has_turns=True,
    limit=Limit("batch predictions", 3),
    page=Page("Results", "classifier:batch", "batch"),
)
HELP_BATCH = Kind(
    name="help_batch",
    title="Help with a batch prediction",
    queue=Queue.IO,
    memory_limit_bytes=_MEMORY_BYTES,
    is_part=True,
    in_background=True,
)
ADD_BATCH = Kind(
    name="batch_addition",
    title="Answers of a batch become labels",
    queue=Queue.IO,
    limit=Limit("batches on their way into datasets", 3),
    page=Page("Results", "classifier:batch", "batch"),
)
