"""Forgetting as the API shows it."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from classifier.lineage.selectors.forgetting import Preview, forgotten_of
from classifier.lineage.selectors.remains import Remains
from classifier.lineage.serializers.image_models import ImageModelsSerializer
from common.inputs import InputSerializer
from datasets.models import Forgetting
from datasets.models.forgetting import MOST_REASON
from jobs.serializers import JobSerializer

MOST_DATASETS = 100


class RemainsSerializer(serializers.Serializer):
    what = serializers.CharField()
    why = serializers.CharField()
    model_versions = serializers.ListField(child=serializers.UUIDField())
    dataset_versions = serializers.ListField(child=serializers.UUIDField())
    names = serializers.ListField(child=serializers.CharField())

    @staticmethod
    def rows(remains: list[Remains]) -> list[dict[str, Any]]:
        """Return what is to be shown of each."""
        return [
            {
                "what": each.what,
                "why": each.why,
                "model_versions": [model.version.pk for model in each.models],
                "dataset_versions": [held.version.pk for held in each.versions],
                "names": list(each.others),
            }
            for each in remains
        ]


class OtherDatasetSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    images = serializers.IntegerField()


class ForgettingPreviewSerializer(serializers.Serializer):
    copies = serializers.IntegerField(
        help_text="Images of the same content in its dataset, itself among them: all would go."
    )
    other_datasets = OtherDatasetSerializer(
        many=True, help_text="They hold the same content; name them to forget it there, too."
    )
    alike = serializers.IntegerField(
        help_text="Near copies in its dataset: other content, they stay."
    )
    predictions = serializers.IntegerField(
        allow_null=True,
        help_text="Kept predictions about the very file; null where the organization has more than "
        "200,000 in all: the job finds them.",
    )
    models = ImageModelsSerializer()
    bars = serializers.ListField(
        child=serializers.CharField(), help_text="What has to end before; empty: it may start."
    )
    remains = RemainsSerializer(many=True, help_text="What would stay, and why.")

    @classmethod
    def of(cls, preview: Preview) -> dict:
        """Return the answer."""
        others = [
            {"id": each.pk, "name": each.name, "images": count} for each, count in preview.others
        ]
        return {
            "copies": preview.copies,
            "other_datasets": OtherDatasetSerializer(others, many=True).data,
            "alike": preview.alike,
            "predictions": preview.predictions,
            "models": ImageModelsSerializer.of(preview.found),
            "bars": preview.bars,
            "remains": RemainsSerializer(RemainsSerializer.rows(preview.remains), many=True).data,
        }


class ForgettingInput(InputSerializer):
    reason = serializers.CharField(
        max_length=MOST_REASON,
        help_text="Why: every member can read it, and the audit log keeps it for ever. Name no "
        "person.",
    )
    datasets = serializers.ListField(
        child=serializers.UUIDField(),
        default=list,
        max_length=MOST_DATASETS,
        help_text="Other datasets of the organization that hold the same content; the image's own "
        "is always meant.",
    )


class ForgettingSerializer(serializers.ModelSerializer):
    job = JobSerializer(read_only=True)
    status = serializers.CharField(source="job.status", read_only=True)
    organization: serializers.SlugRelatedField = serializers.SlugRelatedField(
        slug_field="slug", read_only=True
    )
    datasets = serializers.ListField(source="dataset_ids", child=serializers.UUIDField())
    created_by = serializers.CharField(
        source="created_by.username", default=None, read_only=True, allow_null=True
    )
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="How much was removed of each kind."
    )

    class Meta:
        model = Forgetting
        fields = (
            "id",
            "organization",
            "status",
            "job",
            "reason",
            "datasets",
            "sha256",
            "counts",
            "erased_at",
            "created_by",
            "created_at",
        )
        read_only_fields = fields


class ForgettingDetailSerializer(ForgettingSerializer):
    models = serializers.SerializerMethodField()
    remains = serializers.SerializerMethodField()

    class Meta:
        model = Forgetting
        fields = (*ForgettingSerializer.Meta.fields, "models", "remains")
        read_only_fields = fields

    def to_representation(self, instance: Forgetting) -> dict[str, Any]:
        """Return the answer; what remains is asked for once."""
        self._forgotten = forgotten_of(instance)
        return super().to_representation(instance)

    @extend_schema_field(ImageModelsSerializer)
    def get_models(self, _: Forgetting) -> dict[str, Any]:
        """The versions that held it and the models that learned from it, as they are now."""
        return ImageModelsSerializer.of(self._forgotten.found)

    @extend_schema_field(RemainsSerializer(many=True))
    def get_remains(self, _: Forgetting) -> list[dict[str, Any]]:
        """What stays, and why."""
        return RemainsSerializer.rows(self._forgotten.remains)
