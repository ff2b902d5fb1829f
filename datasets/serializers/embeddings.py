"""Embeddings, neighbours and the map as the API shows them."""

from rest_framework import serializers

from common.inputs import InputSerializer
from datasets.selectors.maps import MOST_ON_MAP, SPLITS
from datasets.serializers.images import ImageSerializer
from datasets.services.vectors.neighbours import MOST
from jobs.serializers import JobSerializer


class EmbeddingsSerializer(serializers.Serializer):
    name = serializers.CharField(help_text="What made the vectors that analyses compare now.")
    is_descriptor = serializers.BooleanField(
        help_text="Loupe's own small descriptor, for want of a backbone's vectors."
    )
    images = serializers.IntegerField(help_text="Images that are not in the trash.")
    covered = serializers.IntegerField(help_text="How many of them have a vector of this kind.")
    embedded = serializers.IntegerField(help_text="How many of them have a backbone's vector.")
    baseline_accuracy = serializers.FloatField(
        allow_null=True,
        help_text=(
            "How often logistic regression on these vectors gives an image the class it has, out "
            "of fold, as the last quality check measured it."
        ),
    )
    weights_at_hand = serializers.BooleanField(
        help_text="Whether a backbone's weights are on this server; without them POST answers 409."
    )
    job = JobSerializer(allow_null=True, help_text="The job that computes embeddings now.")


class NeighboursQuery(InputSerializer):
    k = serializers.IntegerField(min_value=1, max_value=MOST, default=12, required=False)


class NeighbourSerializer(serializers.Serializer):
    image = ImageSerializer()
    similarity = serializers.FloatField(help_text="Cosine of the two vectors, -1 to 1.")


class NeighboursSerializer(serializers.Serializer):
    embedding = serializers.CharField(help_text="What made the vectors.")
    known = serializers.BooleanField(help_text="False while the image has no vector yet.")
    results = NeighbourSerializer(many=True)


class MapSerializer(serializers.Serializer):
    """Columns: the lists from `images` on have one entry an image."""

    status = serializers.ChoiceField(
        choices=["none", "computing", "ready", "stale"],
        help_text="stale: images or their vectors have changed since (of a sample: 1 % of the "
        "images); computing: see `job`.",
    )
    job = JobSerializer(allow_null=True, help_text="The job that computes the map now.")
    embedding = serializers.CharField(allow_null=True, help_text="What made the vectors.")
    method = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField(allow_null=True)
    image_count = serializers.IntegerField(help_text="Images of the dataset by now.")
    sample_of = serializers.IntegerField(
        allow_null=True,
        help_text=f"Of more than {MOST_ON_MAP:,} images a map shows so many, whose contents' "
        "hashes come first: a random sample. Of how many, at `created_at`; null where it showed "
        "all.",
    )
    class_names = serializers.ListField(child=serializers.CharField())
    splits = serializers.ListField(child=serializers.CharField(), default=list(SPLITS))
    images = serializers.ListField(child=serializers.UUIDField())
    x = serializers.ListField(child=serializers.IntegerField(), help_text="-32767 to 32767.")
    y = serializers.ListField(child=serializers.IntegerField(), help_text="-32767 to 32767.")
    class_index = serializers.ListField(
        child=serializers.IntegerField(), help_text="Position in `class_names`; -1: no class."
    )
    split_index = serializers.ListField(
        child=serializers.IntegerField(), help_text="Position in `splits`; -1: none."
    )
