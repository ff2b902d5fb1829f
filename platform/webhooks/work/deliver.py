"""Send what is due to one endpoint, one after the other, for one turn."""

import time

from jobs.handlers import JobContext, handles
from webhooks.kinds import DELIVER
from webhooks.limits import DELIVERIES_A_TURN, TURN_SECONDS
from webhooks.models import WebhookEndpoint
from webhooks.selectors.endpoints import due_delivery
from webhooks.services.send import send, write_down
from webhooks.services.wake import go_on


@handles(DELIVER)
def deliver(context: JobContext) -> None:
    """Send until nothing is due, the turn is over, or no one answers; then queue the next turn."""
    begun = time.monotonic()
    sent = 0
    while sent < DELIVERIES_A_TURN and time.monotonic() - begun < TURN_SECONDS:
        context.check()
        endpoint = _endpoint(context)
        if endpoint is None or endpoint.disabled_at is not None:
            break
        delivery = due_delivery(endpoint)
        if delivery is None:
            break
        delivery.endpoint = endpoint
        tried = send(delivery)
        with context.guard():
            write_down(delivery=delivery, tried=tried)
        sent += 1
        context.progress(sent, None, "deliveries")
        if tried.unreachable:
            break
    with context.finish("webhook", context.payload["endpoint"], sent=sent):
        held = WebhookEndpoint.objects.select_for_update().filter(pk=context.payload["endpoint"])
        for endpoint in held:
            go_on(endpoint)


def _endpoint(context: JobContext) -> WebhookEndpoint | None:
    rows = WebhookEndpoint.objects.select_related("organization")
    return rows.filter(pk=context.payload["endpoint"]).first()
