"""Send one delivery because a person has asked for it."""

from jobs.errors import JobFailed
from jobs.handlers import JobContext, handles
from webhooks.kinds import TRY
from webhooks.models import WebhookDelivery
from webhooks.services.send import send, write_down


@handles(TRY)
def try_once(context: JobContext) -> None:
    """Try it once; the job succeeds when the try is written down, whatever the receiver said."""
    rows = WebhookDelivery.objects.select_related("endpoint__organization")
    delivery = rows.filter(pk=context.payload["delivery"]).first()
    if delivery is None:
        raise JobFailed("bad_data", "The webhook, or this delivery, has been removed.", retry=False)
    tried = send(delivery)
    with context.finish(
        "webhook_delivery",
        delivery.pk,
        url=f"/webhooks/{delivery.endpoint_id}/",
        accepted=tried.accepted,
        status_code=tried.status_code,
        detail=tried.detail,
    ):
        write_down(delivery=delivery, tried=tried, asked_by=context.job.created_by)
