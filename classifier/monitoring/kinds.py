"""The kind of work that looks whether predictions have drifted."""

from jobs.kinds import Kind, Limit, Page, Queue

# Half a minute of one core where images are kept, a second where none are.
CHECK_DRIFT = Kind(
    name="check_drift",
    title="Drift check",
    queue=Queue.IO,
    max_attempts=2,
    announced=False,
    page=Page("Monitoring", "classifier:monitoring", "model"),
    limit=Limit("drift checks", 3),
)
