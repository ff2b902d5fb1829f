"""Versions and their samples as the API shows them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from common.inputs import InputSerializer
from datasets.models import DatasetVersion, Sample, Split, Strategy
from datasets.selectors.forgotten import forgotten_count
from datasets.selectors.slices import slices_of
from datasets.selectors.versions import leaks_of
from datasets.serializers.version_preview import StoredLeftOutField
from datasets.services.versions.freeze import MAX_SEED

DIFF_PAGE = 50


class SplitSerializer(serializers.Serializer):
    strategy = serializers.ChoiceField(choices=Strategy.choices)
    train = serializers.FloatField()
    validation = serializers.FloatField()
    test = serializers.FloatField()
    seed = serializers.IntegerField()
    keep_test = serializers.BooleanField()


class DatasetVersionSerializer(serializers.ModelSerializer):
    classes = serializers.ListField(
        source="class_names", child=serializers.CharField(), read_only=True
    )
    sample_counts = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()), read_only=True
    )
    split = serializers.SerializerMethodField()

    class Meta:
        model = DatasetVersion
        fields: tuple[str, ...] = (
            "id",
            "dataset",
            "number",
            "digest",
            "classes",
            "sample_counts",
            "split",
            "note",
            "created_at",
        )
        read_only_fields: tuple[str, ...] = fields

    @extend_schema_field(SplitSerializer)
    def get_split(self, version: DatasetVersion) -> dict[str, Any]:
        """How the images were divided."""
        return {
            "strategy": version.strategy,
            **version.fractions,
            "seed": version.seed,
            "keep_test": version.keep_test,
        }


class LeaksSerializer(serializers.Serializer):
    splits = serializers.IntegerField(help_text="Contents that stand in more than one split.")
    classes = serializers.IntegerField(help_text="Contents that stand under more than one class.")


class SliceSerializer(serializers.Serializer):
    value = serializers.CharField(
        help_text="A value of the column, or a range of numbers; empty: images without one."
    )
    train = serializers.IntegerField()
    validation = serializers.IntegerField()
    test = serializers.IntegerField()


class SlicesSerializer(serializers.Serializer):
    column = serializers.CharField(help_text="A column of the images' metadata.")
    left_out = serializers.CharField(help_text="Why reports do not compare it; empty: they do.")
    slices = SliceSerializer(many=True)


class DatasetVersionDetailSerializer(DatasetVersionSerializer):
    """One version, with what a reader of its reports must know."""

    leaks = serializers.SerializerMethodField()
    slices = serializers.SerializerMethodField()
    left_out = StoredLeftOutField(
        help_text="The dataset's images that are not in it, counted when it was frozen; null: in "
        "versions of before that was kept."
    )

    forgotten = serializers.SerializerMethodField()

    class Meta(DatasetVersionSerializer.Meta):
        fields = (*DatasetVersionSerializer.Meta.fields, "leaks", "slices", "left_out", "forgotten")
        read_only_fields = fields

    def get_forgotten(self, version: DatasetVersion) -> int:
        """How many of its images were forgotten: hash, class and split are left of them."""
        return forgotten_count(version.pk)

    @extend_schema_field(LeaksSerializer)
    def get_leaks(self, version: DatasetVersion) -> dict[str, int]:
        """How many contents stand in several splits, and under several classes."""
        return leaks_of(version)

    @extend_schema_field(SlicesSerializer(many=True))
    def get_slices(self, version: DatasetVersion) -> list[dict[str, Any]]:
        """The subgroups that reports tell apart, by column of the metadata."""
        return [
            {
                "column": each.column,
                "left_out": each.left_out,
                "slices": [{"value": name, **counts} for name, counts in each.counts.items()],
            }
            for each in slices_of(version)
        ]


class SplitInput(InputSerializer):
    strategy = serializers.ChoiceField(choices=Strategy.choices)
    train = serializers.FloatField(default=0.8, min_value=0, max_value=1)
    validation = serializers.FloatField(default=0.1, min_value=0, max_value=1)
    test = serializers.FloatField(default=0.1, min_value=0, max_value=1)
    seed = serializers.IntegerField(default=0, min_value=0, max_value=MAX_SEED)
    keep_test = serializers.BooleanField(
        default=True,
        help_text="Whatever an earlier version of this dataset tested on stays in test; "
        "not with folder.",
    )

    def to_internal_value(self, data: Any) -> Any:
        """Refuse, with the strategy folder, what it would not look at."""
        values = super().to_internal_value(data)
        if values["strategy"] == Strategy.FOLDER:
            shares = [name for name in ("train", "validation", "test") if name in data]
            kept = ["keep_test"] if "keep_test" in data and values["keep_test"] else []
            faults = {
                name: [
                    ErrorDetail("The strategy folder takes the archive's own split.", "not_read")
                ]
                for name in shares + kept
            }
            if faults:
                raise serializers.ValidationError(faults)
        return values


class DatasetVersionInput(InputSerializer):
    split = SplitInput(help_text="The three shares add up to 1; folder takes the archive's own.")
    note = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)


class RestoredSerializer(serializers.Serializer):
    relabelled = serializers.IntegerField(help_text="Images that got their class of then.")
    brought_back = serializers.IntegerField(help_text="Images from the trash or left out.")
    left_out = serializers.IntegerField(help_text="Labelled images that the version lacks.")


class DiffQuery(InputSerializer):
    against = serializers.UUIDField(
        required=False,
        help_text="Another version of the same dataset; by default the one before.",
    )
    page = serializers.IntegerField(
        default=1, min_value=1, max_value=1_000_000, help_text=f"{DIFF_PAGE} changes of each kind."
    )


class PlaceSerializer(serializers.Serializer):
    class_name = serializers.CharField()
    split = serializers.CharField()
    image = serializers.UUIDField()
    name = serializers.CharField()


class ChangeSerializer(serializers.Serializer):
    sha256 = serializers.CharField()
    before = PlaceSerializer(allow_null=True)
    after = PlaceSerializer(allow_null=True)


class DiffCounts(serializers.Serializer):
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    relabelled = serializers.IntegerField()
    moved = serializers.IntegerField()


class DiffSerializer(serializers.Serializer):
    version = serializers.UUIDField()
    against = serializers.UUIDField()
    counts = DiffCounts()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()
    added = ChangeSerializer(many=True)
    removed = ChangeSerializer(many=True)
    relabelled = ChangeSerializer(many=True)
    moved = ChangeSerializer(many=True)


class SampleSerializer(serializers.ModelSerializer):
    class_name = serializers.SerializerMethodField()
    split = serializers.SerializerMethodField()
    metadata = serializers.DictField(read_only=True)
    forgotten = serializers.BooleanField(
        read_only=True,
        help_text="Whether the image was forgotten: name and metadata are empty then, and it has "
        "no file; hash, class and split stay.",
    )

    class Meta:
        model = Sample
        fields = ("image", "name", "sha256", "class_name", "split", "metadata", "forgotten")
        read_only_fields = fields

    def get_class_name(self, sample: Sample) -> str:
        """Its class when the version was frozen."""
        return str(self.context["class_names"][sample.class_index])

    def get_split(self, sample: Sample) -> str:
        """train, validation or test."""
        return str(Split(sample.split).label)
