"""The kind of work that forgets an image."""

from jobs.kinds import Kind, Limit, Page, Queue

# It works through rows and small files, and no person wants it twice at a time for one image.
FORGET_IMAGE = Kind(
    name="forget_image",
    title="Forgetting of an image",
    queue=Queue.IO,
    # One that was cancelled half-way must be able to end.
    resumable=True,
    page=Page("What was forgotten", "classifier:forgetting", "forgetting"),
    limit=Limit("images being forgotten", 20),
)
