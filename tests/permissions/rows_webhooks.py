"""Who may do what with webhooks and alerts by mail: admins, and everyone with their own alerts."""

from tests.permissions.matrix import PEOPLE, ForeignKey, World, api, page
from webhooks.models import AlertChoice, WebhookDelivery
from webhooks.services.endpoints import add_endpoint
from webhooks.services.mail import signed


def build(world: World) -> None:
    """Add a webhook with a delivery, and what the owner is told of by mail."""
    world.webhook, _ = add_endpoint(
        user=world.people["owner"],
        organization=world.organization,
        url="https://example.com/hook",
        events=["job.failed"],
    )
    world.delivery = WebhookDelivery.objects.create(
        endpoint=world.webhook, event="job.failed", body='{"type":"job.failed"}'
    )
    world.alerts = AlertChoice.objects.create(
        organization=world.organization, user=world.people["owner"], events=["job.failed"]
    )


def _webhook(world: World) -> dict[str, object]:
    return {"endpoint_id": world.webhook.pk}


def _delivery(world: World) -> dict[str, object]:
    return {"delivery_id": world.delivery.pk}


def _slug(world: World) -> dict[str, object]:
    return {"slug": world.organization.slug}


def _link(world: World) -> dict[str, object]:
    return {"signed": signed(world.alerts)}


def _new(world: World) -> dict[str, object]:
    return {"url": "https://example.com/other", "events": ["job.failed"]}


def _of_tenant(world: World) -> dict[str, object]:
    return {**_new(world), "organization": world.organization.slug}


ONE = "webhooks/<uuid:endpoint_id>/"
REPLAY = "<uuid:delivery_id>/replay/"
ORGANIZATION = "organizations/<slug:slug>/"
ADMIN = {"needs": "admin"}
API_ROWS = [
    api("GET", "webhooks/", other=200),
    # Without a slug it is for the caller's own organization.
    api("POST", "webhooks/", ok=201, other=201, body=_new),
    api("POST", "webhooks/", **ADMIN, ok=201, other=400, body=_of_tenant),
    api("GET", ONE, **ADMIN, path=_webhook),
    api("PATCH", ONE, **ADMIN, path=_webhook, body=lambda w: {"events": ["job.succeeded"]}),
    api("DELETE", ONE, **ADMIN, ok=204, path=_webhook),
    api("POST", f"{ONE}secret/", **ADMIN, path=_webhook),
    api("POST", f"{ONE}test/", **ADMIN, ok=202, path=_webhook),
    api("GET", f"{ONE}deliveries/", **ADMIN, path=_webhook),
    api("POST", f"webhook-deliveries/{REPLAY}", **ADMIN, ok=202, path=_delivery),
    api("GET", f"{ORGANIZATION}alerts/", path=_slug),
    api("PUT", f"{ORGANIZATION}alerts/", path=_slug, body=lambda w: {"events": ["drift.found"]}),
]
PAGE_ROWS = [
    page("GET", "webhooks/", ok=302, other=302),
    page("GET", f"{ORGANIZATION}webhooks/", **ADMIN, path=_slug),
    page("POST", f"{ORGANIZATION}webhooks/", **ADMIN, ok=302, path=_slug, body=_new),
    page("GET", ONE, **ADMIN, path=_webhook),
    page("POST", ONE, **ADMIN, ok=302, path=_webhook, body=_new),
    page(
        "POST", f"{ONE}switch/", **ADMIN, ok=302, path=_webhook, body=lambda w: {"enabled": "false"}
    ),
    page("POST", f"{ONE}secret/", **ADMIN, ok=302, path=_webhook),
    page("POST", f"{ONE}test/", **ADMIN, ok=302, path=_webhook),
    page("POST", f"{ONE}remove/", **ADMIN, ok=302, path=_webhook),
    page("POST", f"webhooks/deliveries/{REPLAY}", **ADMIN, ok=302, path=_delivery),
    page("GET", "alerts/", ok=302, other=302),
    page("GET", f"{ORGANIZATION}alerts/", path=_slug),
    page(
        "POST",
        f"{ORGANIZATION}alerts/",
        ok=302,
        path=_slug,
        body=lambda w: {"events": ["drift.found"]},
    ),
    # A person who has the mail may end it.
    page("GET", "alerts/stop/<str:signed>/", **dict.fromkeys(PEOPLE, 200), path=_link),
    page(
        "POST",
        "alerts/stop/<str:signed>/",
        **dict.fromkeys(PEOPLE, 200),
        path=_link,
        # Mail programs send it for people (RFC 8058); what is signed names the person.
        csrf=False,
    ),
]

ROWS = API_ROWS + PAGE_ROWS
FOREIGN_KEYS = [
    ForeignKey(
        "POST",
        "webhooks/",
        "/organization",
        body=lambda w: {**_new(w), "organization": w.other_organization.slug},
    ),
]
