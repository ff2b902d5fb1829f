"""The answer of `models/{id}/predict/`."""

from rest_framework import serializers

from classifier.engine.explain.methods import METHODS
from classifier.engine.measure.related import ALIKE, MISTAKEN
from classifier.engine.runtime.answer import FLOAT32, INT8
from classifier.fields import interval_field


class ClassNoteSerializer(serializers.Serializer):
    description = serializers.CharField()
    link = serializers.CharField(help_text="An http or https address, or empty.")


class AnsweredClassSerializer(serializers.Serializer):
    class_name = serializers.CharField()
    probability = serializers.FloatField(min_value=0, max_value=1)
    precision = serializers.FloatField(
        min_value=0,
        max_value=1,
        allow_null=True,
        help_text="Of the images of the version's own test split that were answered so, the share "
        "that was right: one image at a time, whatever the decision. Null where not measured.",
    )
    precision_images = serializers.IntegerField(
        allow_null=True, help_text="How many images that was counted on."
    )
    precision_interval = interval_field("Its 95 % interval (Wilson's); null where not measured.")
    note = ClassNoteSerializer(
        required=False, help_text="What the class's note says now; only where there is one."
    )


class RelatedClassSerializer(serializers.Serializer):
    class_name = serializers.CharField()
    why = serializers.ListField(
        child=serializers.ChoiceField(choices=[MISTAKEN, ALIKE]),
        help_text="mistaken: test images answered as the first class were of this one; alike: its "
        "mean training vector is among the two nearest, with a cosine of at least 0.5.",
    )
    mistaken = serializers.IntegerField(
        allow_null=True, help_text="How many test images; null where it is no reason."
    )
    cosine = serializers.FloatField(
        allow_null=True, help_text="Of the mean vectors; null where it is no reason."
    )


class TrainingNeighbourSerializer(serializers.Serializer):
    image = serializers.UUIDField(
        allow_null=True, help_text="Null where it is gone, or you may not see it."
    )
    class_name = serializers.CharField()
    cosine = serializers.FloatField(min_value=-1, max_value=1)


class ImageEntrySerializer(serializers.Serializer):
    """Status 200: `classes`, `related`, `decision`. Status 422: `code`, `detail`."""

    name = serializers.CharField()
    status = serializers.IntegerField(help_text="200 or 422.")
    classes = AnsweredClassSerializer(many=True, required=False)
    related = RelatedClassSerializer(
        many=True,
        required=False,
        help_text="Up to three classes related to the first; empty where none is known.",
    )
    decision = serializers.ChoiceField(
        choices=["accept", "review", "unknown"],
        allow_null=True,
        required=False,
        help_text="accept: as probable as its class's threshold; unknown: far from all training "
        "images; review: all else. Null until the version has a decision "
        "(`PUT model-versions/{id}/decision/`).",
    )
    answer_set = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="With `coverage`: never empty, most probable first.",
    )
    distance = serializers.FloatField(
        required=False,
        help_text="With `evidence`: one less the cosine to the third nearest training image.",
    )
    neighbours = TrainingNeighbourSerializer(
        many=True, required=False, help_text="With `evidence`: nearest training images."
    )
    heat_map = serializers.CharField(
        required=False,
        help_text="With `explain`: a PNG as base64 text, in the image's proportions, transparent "
        "where nothing speaks for the class.",
    )
    heat_map_method = serializers.ChoiceField(
        choices=METHODS, required=False, help_text="How it was made: the best for this model."
    )
    heat_map_place = serializers.CharField(
        required=False,
        help_text="Where most of the heat is, in words; empty where nothing speaks for the class.",
    )
    heat_map_problem = serializers.CharField(
        required=False, help_text="With `explain`, in place of a `heat_map` that took too long."
    )
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)


class PredictionEntrySerializer(ImageEntrySerializer):
    """Status 200: `id`, `classes`, `related`, `decision`. Status 422: `code`, `detail`."""

    id = serializers.UUIDField(required=False)
    images = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="With `combine`: the names of all images.",
    )
    kept = serializers.BooleanField(
        required=False,
        help_text="Whether the image is kept, without its metadata: only where the organization "
        "keeps its predictions. false: it could not be stored.",
    )
    each = ImageEntrySerializer(
        many=True,
        required=False,
        help_text="With `combine`: what is answered to each image by itself, in order; answer "
        "sets, `distance` and `neighbours` are here.",
    )


class TimingSerializer(serializers.Serializer):
    queue_ms = serializers.FloatField()
    decode_ms = serializers.FloatField()
    inference_ms = serializers.FloatField()
    precision = serializers.ChoiceField(
        choices=[FLOAT32, INT8],
        help_text="int8 where the version's fast mode answered, which its organization switches.",
    )


class PredictAnswerSerializer(serializers.Serializer):
    model = serializers.UUIDField()
    version = serializers.IntegerField()
    predictions = PredictionEntrySerializer(many=True)
    timing = TimingSerializer()
