"""Quality reports as the API shows them."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.inputs import InputSerializer
from datasets.models import FindingKind, QualityItem, QualityMember
from datasets.selectors.quality import MOST_SHOWN, Finding, Quality
from datasets.selectors.quality_words import WORDS, Severity
from datasets.serializers.images import ImageSerializer
from jobs.models import Status
from jobs.serializers import JobSerializer


class FindingSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=FindingKind.choices)
    severity = serializers.ChoiceField(choices=[(value.value, value.value) for value in Severity])
    count = serializers.IntegerField(help_text="How many images it is about: those at images_url.")
    items = serializers.IntegerField(
        help_text="How many things there are to decide, such as groups."
    )
    images_url = serializers.SerializerMethodField()
    title = serializers.CharField(source="kind.label")
    hint = serializers.SerializerMethodField()

    def get_images_url(self, finding: Finding) -> str:
        """The images that it is about."""
        address = reverse("api:image-list", args=[self.context["dataset"].pk])
        return f"{address}?issue={finding.kind.value}"

    def get_hint(self, finding: Finding) -> str:
        """What to do."""
        return WORDS[finding.kind].hint


class QualitySerializer(serializers.Serializer):
    status = serializers.SerializerMethodField()
    job = JobSerializer(allow_null=True)
    checked_at = serializers.DateTimeField(
        allow_null=True, help_text="When the last check that succeeded ended."
    )
    stale = serializers.BooleanField(
        help_text="Whether images or classes have changed since the check."
    )
    images_checked = serializers.IntegerField(source="report.images_checked", default=0)
    embedding = serializers.SerializerMethodField()
    open = serializers.IntegerField(help_text="How many things are left to decide, of all kinds.")
    findings = serializers.SerializerMethodField()
    imbalance_ratio = serializers.FloatField(
        allow_null=True, help_text="Images of the largest class over those of the smallest; now."
    )
    smallest_class = serializers.CharField(
        allow_null=True, help_text="The name of the smallest class that has images; now."
    )
    unchecked = serializers.ListField(
        source="report.unchecked",
        child=serializers.CharField(),
        default=list,
        help_text="What could not be checked, in sentences.",
    )

    @extend_schema_field(
        serializers.ChoiceField(
            choices=Status.choices,
            allow_null=True,
            help_text="Of the latest check; null: none yet.",
        )
    )
    def get_status(self, quality: Quality) -> str | None:
        """Status of the latest check."""
        return str(quality.job.status) if quality.job else None

    def get_embedding(self, quality: Quality) -> str | None:
        """What label errors were last looked for by; null: not yet, for want of embeddings."""
        return (quality.report.embedding if quality.report else "") or None

    @extend_schema_field(FindingSerializer(many=True))
    def get_findings(self, quality: Quality) -> Any:
        """The kinds of which anything is left to decide, the worst first."""
        return FindingSerializer(quality.findings, many=True, context=self.context).data


class QualityItemSerializer(serializers.ModelSerializer):
    given_class = serializers.CharField(
        source="given_class.name", default=None, allow_null=True, read_only=True
    )
    suggested_class = serializers.CharField(
        source="suggested_class.name", default=None, allow_null=True, read_only=True
    )
    image_count = serializers.SerializerMethodField()
    class_names = serializers.SerializerMethodField()
    images = serializers.SerializerMethodField()
    dismissed = serializers.SerializerMethodField()

    class Meta:
        model = QualityItem
        fields = (
            "id",
            "kind",
            "score",
            "note",
            "given_class",
            "suggested_class",
            "image_count",
            "class_names",
            "images",
            "dismissed",
        )
        read_only_fields = fields

    def get_image_count(self, item: QualityItem) -> int:
        """How many images it is about."""
        return len(item.in_use)  # type: ignore[attr-defined]

    def get_class_names(self, item: QualityItem) -> list[str]:
        """The classes that these have now, in the order in which they come."""
        labels = (member.image.class_label for member in item.in_use)  # type: ignore[attr-defined]
        return list(dict.fromkeys(label.name for label in labels if label))

    @extend_schema_field(ImageSerializer(many=True))
    def get_images(self, item: QualityItem) -> Any:
        """The first 24, of copies the one to keep first; `quality-items/{id}/images/` has all."""
        shown = [member.image for member in item.in_use[:MOST_SHOWN]]  # type: ignore[attr-defined]
        return ImageSerializer(shown, many=True).data

    def get_dismissed(self, item: QualityItem) -> bool:
        """Whether a person has said that it is right as it is."""
        return item.dismissed_at is not None


class MemberImageSerializer(ImageSerializer):
    """The image of a member of an item."""

    def to_representation(self, instance: QualityMember) -> Any:
        """Return the image."""
        return super().to_representation(instance.image)


class QualityItemPatch(InputSerializer):
    dismissed = serializers.BooleanField(
        help_text="It is all right as it is; later checks that find the same know it too."
    )


class KeptLabelInput(InputSerializer):
    image = serializers.UUIDField(help_text="Of the dataset.")
    class_name = serializers.CharField(
        max_length=120, trim_whitespace=False, help_text="Its class, as you saw it."
    )
    instead_of = serializers.CharField(
        max_length=120,
        default="",
        allow_blank=True,
        trim_whitespace=False,
        help_text="The class that it is taken for.",
    )
