"""Which models have something of an image, as the API shows it."""

from rest_framework import serializers

from classifier.lineage.selectors.image_models import How, ImageModels, Via

# Longer lists are cut; `counts` has them all.
MOST = 200


class HeldSerializer(serializers.Serializer):
    dataset_version = serializers.UUIDField(source="version.pk")
    dataset = serializers.UUIDField(source="version.dataset_id")
    number = serializers.IntegerField(source="version.number")
    splits = serializers.ListField(child=serializers.CharField(), source="split_names")
    forgotten_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when it has the hash alone; null: it has the image."
    )


class ImageModelSerializer(serializers.Serializer):
    model_version = serializers.UUIDField(source="version.pk")
    model = serializers.UUIDField(source="version.model_id")
    name = serializers.CharField(source="version.model.name")
    number = serializers.IntegerField(source="version.number")
    how = serializers.ChoiceField(
        choices=[each.value for each in How],
        help_text="learned: in what its weights were fitted on; tuned: in the validation split, "
        "which chooses epoch, temperature and thresholds; measured: only asked about it.",
    )
    via = serializers.ChoiceField(
        choices=[each.value for each in Via],
        help_text="unlabelled: taken without its class by self-training or a student, as the "
        "lists of the newest 100 such versions say; teacher: the one that a student learned from "
        "has it.",
    )
    splits = serializers.ListField(child=serializers.CharField())
    dataset_version = serializers.UUIDField(
        source="dataset_version.pk", default=None, allow_null=True
    )
    certain = serializers.BooleanField(
        help_text="False of an instant model: which labelled images taught it is not written down."
    )
    keeps = serializers.CharField(
        allow_blank=True, help_text="What its file holds of single training images; mostly empty."
    )


class ImageExperimentSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    name = serializers.CharField()


class ImageModelsSerializer(serializers.Serializer):
    """By all copies of the same content in the organization; lists have 200 entries at most."""

    dataset_versions = HeldSerializer(many=True)
    models = ImageModelSerializer(many=True, help_text="The closest first; a version stands once.")
    experiments = ImageExperimentSerializer(
        many=True, help_text="Fits on these versions that may have kept no model."
    )
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="dataset_versions, learned, tuned, measured, experiments; all of them. unread: "
        "older versions whose lists of images without a class were not looked through.",
    )

    @classmethod
    def of(cls, found: ImageModels) -> dict:
        """Return the answer."""
        counts = {
            "dataset_versions": len(found.held),
            **{how.value: len(found.of(how)) for how in How},
            "experiments": len(found.experiments),
            "unread": found.unread,
        }
        return cls(
            {
                "dataset_versions": found.held[:MOST],
                "models": found.models[:MOST],
                "experiments": found.experiments[:MOST],
                "counts": counts,
            }
        ).data
