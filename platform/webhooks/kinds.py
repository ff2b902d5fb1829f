"""The kinds of work that tell what has happened outside of Loupe.

They have a queue of their own: a receiver that does not answer holds no import, and no import holds
the news of a failure. In it no organization, and no endpoint, holds the others.
"""

from jobs.kinds import Kind, Limit, Page, Queue

_MEMORY_BYTES = 2 << 30

# What is due to one endpoint, one after the other. Its page shows the deliveries in its stead.
DELIVER = Kind(
    name="deliver_webhooks",
    title="Deliveries of a webhook",
    queue=Queue.NOTIFY,
    is_part=True,
    announced=False,
    memory_limit_bytes=_MEMORY_BYTES,
    stall_seconds=120,
    time_limit_seconds=120,
)

# One delivery, which a person has asked for: a test, or a replay.
TRY = Kind(
    name="try_webhook",
    title="Try of a webhook",
    queue=Queue.NOTIFY,
    announced=False,
    memory_limit_bytes=_MEMORY_BYTES,
    max_attempts=1,
    page=Page("Webhook", "webhooks:endpoint", "endpoint"),
    limit=Limit("tests and replays of webhooks", 10),
    stall_seconds=120,
    time_limit_seconds=120,
)

# What waits for one person of one organization, one mail each or one for all.
MAIL_ALERTS = Kind(
    name="mail_alerts",
    title="Alerts by mail",
    queue=Queue.NOTIFY,
    is_part=True,
    announced=False,
    memory_limit_bytes=_MEMORY_BYTES,
    stall_seconds=180,
    time_limit_seconds=300,
)
