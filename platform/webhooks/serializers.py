"""Webhooks, deliveries and alerts as the API shows them."""

import json
from typing import Any

from rest_framework import serializers

from accounts.models import Organization
from common.inputs import InputSerializer
from jobs.models import Job
from jobs.serializers import JobSerializer
from webhooks.events import SENT_EVENTS, Event
from webhooks.limits import (
    KEEP_DAYS,
    MOST_ENDPOINTS,
    MOST_ENDPOINTS_OF_A_PERSON,
    RETRY_SECONDS,
    TRIES_AN_HOUR,
    TRY_SECONDS,
)
from webhooks.models import AlertChoice, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from webhooks.outgoing.signing import message_id
from webhooks.outgoing.target import LONGEST
from webhooks.selectors.endpoints import deliveries_of

EVENTS = Event.choices


def _events_field(**options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.ChoiceField(choices=EVENTS), max_length=len(EVENTS), **options
    )


class WebhookInput(InputSerializer):
    url = serializers.CharField(
        max_length=LONGEST,
        help_text="https://, a host on the internet, port 443 or from 1024; http and other "
        "addresses only where the operator has named their networks.",
    )
    events = _events_field(min_length=1)
    organization = serializers.SlugField(
        required=False, help_text="Of which you are an admin; left out: your own."
    )


class WebhookPatch(InputSerializer):
    url = serializers.CharField(max_length=LONGEST, required=False)
    events = _events_field(min_length=1, required=False)
    enabled = serializers.BooleanField(
        required=False, help_text="False: nothing more is sent, and what waits has failed."
    )


class WebhookSerializer(serializers.ModelSerializer):
    organization = serializers.SlugRelatedField[Organization](slug_field="slug", read_only=True)
    events = _events_field(read_only=True)
    enabled = serializers.SerializerMethodField()
    old_secret_until = serializers.DateTimeField(
        source="previous_secret_until",
        allow_null=True,
        read_only=True,
        help_text="Until then the secret before the last rotation signs, too.",
    )
    left_out = serializers.IntegerField(
        read_only=True, help_text="Events that were not kept, because too many waited."
    )

    class Meta:
        model = WebhookEndpoint
        fields: tuple[str, ...] = (
            "id",
            "organization",
            "url",
            "events",
            "enabled",
            "disabled_at",
            "disabled_because",
            "failing_since",
            "left_out",
            "left_out_at",
            "old_secret_until",
            "created_at",
        )
        read_only_fields = fields

    def get_enabled(self, endpoint: WebhookEndpoint) -> bool:
        return endpoint.disabled_at is None


class NewWebhookSerializer(WebhookSerializer):
    secret = serializers.CharField(read_only=True, help_text="Shown in this answer only.")

    class Meta(WebhookSerializer.Meta):
        fields = (*WebhookSerializer.Meta.fields, "secret")
        read_only_fields = fields


class AttemptSerializer(serializers.ModelSerializer):
    at = serializers.DateTimeField(source="created_at", read_only=True)
    asked_by = serializers.SerializerMethodField()

    class Meta:
        model = WebhookAttempt
        fields = ("at", "status_code", "latency_ms", "code", "detail", "answer", "asked_by")
        read_only_fields = fields

    def get_asked_by(self, attempt: WebhookAttempt) -> str | None:
        return attempt.asked_by.get_username() if attempt.asked_by else None


class DeliverySerializer(serializers.ModelSerializer):
    webhook = serializers.UUIDField(source="endpoint_id", read_only=True)
    webhook_id = serializers.SerializerMethodField(
        help_text="What the header `webhook-id` says: the same with every try and replay."
    )
    event = serializers.ChoiceField(choices=SENT_EVENTS, read_only=True)
    body = serializers.SerializerMethodField()
    attempts = AttemptSerializer(
        source="shown_attempts", many=True, read_only=True, help_text="The last 20, newest first."
    )

    class Meta:
        model = WebhookDelivery
        fields: tuple[str, ...] = (
            "id",
            "webhook",
            "webhook_id",
            "event",
            "status",
            "tries",
            "next_try_at",
            "created_at",
            "ended_at",
            "body",
            "attempts",
        )
        read_only_fields = fields

    def get_webhook_id(self, delivery: WebhookDelivery) -> str:
        return message_id(delivery.pk)

    def get_body(self, delivery: WebhookDelivery) -> dict[str, Any]:
        return json.loads(delivery.body)


class TriedDeliverySerializer(DeliverySerializer):
    job = JobSerializer(read_only=True)

    class Meta(DeliverySerializer.Meta):
        fields = (*DeliverySerializer.Meta.fields, "job")
        read_only_fields = fields


def tried(delivery: WebhookDelivery, job: Job) -> dict[str, Any]:
    """Return a delivery with the job that tries it."""
    shown = deliveries_of(delivery.endpoint).get(pk=delivery.pk)
    return {**DeliverySerializer(shown).data, "job": JobSerializer(job).data}


class AlertsInput(InputSerializer):
    events = _events_field(help_text="None: no mails.")


class AlertsSerializer(serializers.ModelSerializer):
    events = _events_field(read_only=True)
    sent_to = serializers.CharField(
        read_only=True, help_text="Your confirmed address; empty: no mail is sent."
    )

    class Meta:
        model = AlertChoice
        fields = ("events", "sent_to")
        read_only_fields = fields


LIMITS = (
    f"By an admin. An organization may have {MOST_ENDPOINTS} webhooks, and a person may have made "
    f"{MOST_ENDPOINTS_OF_A_PERSON}: else 409 `too_many_webhooks`."
)
DELIVERING = (
    "Signed by the Standard Webhooks scheme (headers `webhook-id`, `webhook-timestamp`, "
    "`webhook-signature`). A delivery is accepted by any status from 200 to 299 within "
    f"{TRY_SECONDS:g} seconds; redirects are not followed. It is tried up to "
    f"{len(RETRY_SECONDS) + 1} times within 28 hours and may come more than once: `webhook-id` "
    f"stays the same. 410 switches the webhook off. The log is kept {KEEP_DAYS} days."
)
TRIES = (
    f"One try, beside those that are planned. A person may ask for {TRIES_AN_HOUR} tests and "
    "replays an hour (429), and have 10 of them waiting (409 `too_many_open`). The job succeeds "
    "when the try is in the log, whatever the receiver said."
)
