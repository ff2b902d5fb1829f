"""The kind of work that fits instant models."""

from jobs.kinds import Kind, Needs, Page, Queue

# A label never waits behind an import: the queue has workers of its own.
FIT_INSTANT = Kind(
    name="fit_instant",
    title="Instant model",
    queue=Queue.INSTANT,
    needs=Needs(preload=("scipy.optimize", "sklearn.cluster")),
    announced=False,
    page=Page("Dataset", "datasets:detail", "dataset"),
    memory_limit_bytes=4 << 30,
    stall_seconds=300,
    time_limit_seconds=900,
)
