"""The kind of work that chooses what people review."""

from jobs.kinds import Kind, Limit, Page, Queue

SELECT_REVIEW = Kind(
    name="select_review",
    title="Selection for review",
    queue=Queue.IO,
    page=Page("Selection for review", "classifier:review_selection", "review_selection"),
    limit=Limit("selections for review", 3),
    memory_limit_bytes=4 << 30,
    stall_seconds=300,
    time_limit_seconds=900,
)
