"""What a version leaves out, and what freezing would make, as the API shows them."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datasets.models import Dataset
from datasets.selectors.left_out import LeftOut, Reason
from datasets.services.versions.preview_version import Preview, Remark

_FILTERS = {
    Reason.UNLABELLED: "annotated=false&excluded=false",
    Reason.EXCLUDED: "excluded=true",
    Reason.TRASH: "trash=true",
}


class LeftOutSerializer(serializers.Serializer):
    """Takes the dataset from its context."""

    reason = serializers.ChoiceField(
        choices=[(reason.value, reason.value) for reason in Reason],
        help_text="unlabelled: it has no class; excluded: a person left it out; trash.",
    )
    count = serializers.IntegerField(help_text="How many images.")
    images_url = serializers.SerializerMethodField()

    def get_images_url(self, left_out: LeftOut) -> str:
        """The images that are left out for this reason now."""
        address = reverse("api:image-list", args=[self.context["dataset"].pk])
        return f"{address}?{_FILTERS[left_out.reason]}"


class WarningSerializer(serializers.Serializer):
    """Takes the dataset from its context."""

    code = serializers.CharField()
    detail = serializers.CharField()
    images_url = serializers.SerializerMethodField()

    def get_images_url(self, remark: Remark) -> str | None:
        """The images that it is about, as the last quality check found them."""
        if not remark.issue:
            return None
        address = reverse("api:image-list", args=[self.context["dataset"].pk])
        return f"{address}?issue={remark.issue}"


class PreviewProblemSerializer(serializers.Serializer):
    code = serializers.CharField()
    detail = serializers.CharField()
    hint = serializers.CharField()


class PreviewSerializer(serializers.Serializer):
    """Takes the dataset from its context."""

    sample_counts = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()),
        allow_null=True,
        help_text="Images by split and class, exactly as the version would have them; null: it "
        "cannot be frozen.",
    )
    left_out = LeftOutSerializer(many=True)
    warnings = WarningSerializer(many=True)
    problem = PreviewProblemSerializer(
        allow_null=True, help_text="Why it cannot be frozen: what `POST versions/` would answer."
    )
    open_findings = serializers.IntegerField(
        help_text="What the quality report asks people to decide."
    )
    quality_url = serializers.SerializerMethodField()

    def get_quality_url(self, preview: Preview) -> str:
        """The quality report."""
        return reverse("api:quality", args=[self.context["dataset"].pk])


@extend_schema_field(LeftOutSerializer(many=True))
class StoredLeftOutField(serializers.Field):
    """The left out images of a version, as they were counted when it was frozen."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **kwargs)

    def to_representation(self, value: list[dict[str, Any]]) -> Any:
        """Return the reasons with counts of then and addresses of the images of now."""
        rows = [LeftOut(Reason(row["reason"]), row["count"]) for row in value]
        dataset: Dataset = self.parent.instance.dataset  # type: ignore[union-attr]
        return LeftOutSerializer(rows, many=True, context={"dataset": dataset}).data
