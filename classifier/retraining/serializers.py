"""Rules and drafts of retraining as the API shows them."""

from typing import Any

from rest_framework import serializers

from classifier.models import DraftReason, DraftStatus, RetrainingDraft
from classifier.retraining.selectors.drafts import Retraining
from common.inputs import InputSerializer

MOST_LABELS, MOST_DAYS = 1_000_000, 3_650
_LABELS = "After so many new or corrected labels since the live version learned; null: not by them."
_DRIFT = "When the predictions of the live version have drifted."
_DAYS = "Every so many days; null: not on a schedule."


class RetrainingInput(InputSerializer):
    labels = serializers.IntegerField(
        min_value=1, max_value=MOST_LABELS, allow_null=True, help_text=_LABELS
    )
    drift = serializers.BooleanField(help_text=_DRIFT)
    every_days = serializers.IntegerField(
        min_value=1, max_value=MOST_DAYS, allow_null=True, help_text=_DAYS
    )


class DismissInput(InputSerializer):
    reason = serializers.CharField(
        max_length=400, required=False, default="", allow_blank=True, help_text="Kept with it."
    )


class RetrainingDraftSerializer(serializers.ModelSerializer):
    model_name = serializers.CharField(source="model.name", read_only=True)
    version = serializers.IntegerField(
        source="version.number",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="The number of the version that was live; null: it was deleted.",
    )
    status = serializers.ChoiceField(choices=DraftStatus.choices, read_only=True)
    reason = serializers.ChoiceField(choices=DraftReason.choices, read_only=True)
    why = serializers.CharField(read_only=True, help_text="The reason, in a sentence.")
    expected = serializers.CharField(
        read_only=True, help_text="What is known of what it may change; the report says the rest."
    )
    new_labels = serializers.IntegerField(
        read_only=True, help_text="Images with a class that the live version did not learn from."
    )
    corrected = serializers.IntegerField(
        read_only=True, help_text="Images that it learned from, and that have another class now."
    )
    config = serializers.DictField(read_only=True, help_text="The settings of its run.")
    decided_by = serializers.CharField(
        source="decided_by.username", read_only=True, allow_null=True, default=None
    )
    dismissal = serializers.CharField(read_only=True, help_text="Why it was dismissed, if said.")

    class Meta:
        model = RetrainingDraft
        fields = (
            "id",
            "model",
            "model_name",
            "version",
            "status",
            "reason",
            "why",
            "expected",
            "new_labels",
            "corrected",
            "dataset",
            "preset",
            "config",
            "dataset_version",
            "training_run",
            "decided_by",
            "decided_at",
            "dismissal",
            "created_at",
        )
        read_only_fields = fields


class RetrainingSerializer(serializers.Serializer):
    labels = serializers.IntegerField(allow_null=True, help_text=_LABELS)
    drift = serializers.BooleanField(help_text=_DRIFT)
    every_days = serializers.IntegerField(allow_null=True, help_text=_DAYS)
    next_at = serializers.DateTimeField(
        allow_null=True, help_text="The next date of the schedule; null without one."
    )
    note = serializers.CharField(help_text="What became of the last date, where it made no draft.")
    live_version = serializers.IntegerField(allow_null=True, help_text="Its number.")
    hindrance = serializers.CharField(
        help_text="Why no run like the live version's can be started; empty where it can."
    )
    new_labels = serializers.IntegerField(
        help_text="Images with a class that the live version did not learn from, now."
    )
    corrected = serializers.IntegerField(
        help_text="Images that it learned from, and that have another class now."
    )
    draft = RetrainingDraftSerializer(allow_null=True, help_text="The open one, if there is one.")
    changed_at = serializers.DateTimeField(allow_null=True)
    changed_by = serializers.CharField(allow_null=True)

    @classmethod
    def of(cls, found: Retraining) -> dict[str, Any]:
        """Return the answer."""
        rule, standing = found.rule, found.standing
        person = rule.changed_by if rule else None
        return cls(
            {
                "labels": rule.labels if rule else None,
                "drift": rule.drift if rule else False,
                "every_days": rule.every_days if rule else None,
                "next_at": rule.due_at if rule else None,
                "note": rule.note if rule else "",
                "live_version": standing.live.number if standing.live else None,
                "hindrance": standing.hindrance,
                "new_labels": standing.new_labels,
                "corrected": standing.corrected,
                "draft": found.draft,
                "changed_at": rule.changed_at if rule else None,
                "changed_by": person.username if person else None,
            }
        ).data
