"""Items of the review queue as the API shows them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.fields import VisibleObjectField
from classifier.models import UNRANKED, RegisteredModel, ReviewItem, ReviewKind, ReviewStatus
from classifier.review.limits import MOST_CLAIMED
from classifier.review.selectors.about import about
from classifier.review.selectors.items import ORDERS, UNCERTAINTY
from common.inputs import InputSerializer
from datasets.models import Dataset


class SuggestedClassSerializer(serializers.Serializer):
    class_name = serializers.CharField()
    probability = serializers.FloatField(
        allow_null=True, help_text="0 to 1; null where a quality check suggests it."
    )


class PlacedSerializer(serializers.Serializer):
    image = serializers.UUIDField()
    added = serializers.BooleanField(
        help_text="False: the dataset had an image of this content, which was labelled."
    )


class ReviewItemSerializer(serializers.ModelSerializer):
    organization = serializers.SlugField(source="organization.slug", read_only=True)
    reason = serializers.ChoiceField(
        choices=ReviewKind.choices, read_only=True, help_text="Why a person is asked."
    )
    status = serializers.ChoiceField(choices=ReviewStatus.choices, read_only=True)
    prediction = serializers.UUIDField(
        source="kept.prediction_id",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="The prediction that it is about; null where it is about none.",
    )
    batch = serializers.UUIDField(
        source="batch_result.batch_id",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="The batch that it is of; null where it is of none.",
    )
    batch_index = serializers.IntegerField(
        source="batch_result.index", read_only=True, allow_null=True, default=None
    )
    decision = serializers.SerializerMethodField()
    placed = serializers.SerializerMethodField()
    name = serializers.SerializerMethodField()
    file_url = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField()
    given_class = serializers.CharField(
        source="given_class.name",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="The class that is doubted; null where it has none.",
    )
    suggested = SuggestedClassSerializer(
        many=True, read_only=True, help_text="The most probable first; [] where nothing is."
    )
    uncertainty = serializers.FloatField(
        read_only=True,
        help_text="0 (certain) to 1 (a toss-up between the two most probable classes, or nothing "
        "is suggested). Of a label that a quality check doubts: how much more probable the other "
        "class is.",
    )
    rank = serializers.SerializerMethodField()
    claimed_by = serializers.SerializerMethodField()
    claimed_until = serializers.SerializerMethodField()
    class_name = serializers.SerializerMethodField()
    answered_by = serializers.CharField(
        source="answered_by.username", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = ReviewItem
        fields = (
            "id",
            "organization",
            "reason",
            "status",
            "model",
            "dataset",
            "image",
            "prediction",
            "batch",
            "batch_index",
            "name",
            "file_url",
            "thumbnail_url",
            "given_class",
            "suggested",
            "decision",
            "uncertainty",
            "rank",
            "claimed_by",
            "claimed_until",
            "class_name",
            "answered_by",
            "answered_at",
            "placed",
            "created_at",
        )
        read_only_fields = fields

    def get_name(self, item: ReviewItem) -> str:
        """What the image is called."""
        return about(item).name

    def get_file_url(self, item: ReviewItem) -> str:
        """The image, without metadata."""
        return about(item).file_url

    def get_thumbnail_url(self, item: ReviewItem) -> str:
        """A WebP of up to 256 pixels a side."""
        return about(item).thumbnail_url

    def get_decision(self, item: ReviewItem) -> str | None:
        """What was decided about the answer; null where nothing was."""
        return item.decision or None

    @extend_schema_field(PlacedSerializer(many=True))
    def get_placed(self, item: ReviewItem) -> list[dict[str, Any]]:
        """The images of a dataset that the answer labelled; [] where it labelled none."""
        found = item.undo.get("images", [])
        return [{"image": each["id"], "added": each["added"]} for each in found]

    def get_rank(self, item: ReviewItem) -> int | None:
        """Its place in the order of diversity, from 0; null: it has none."""
        return None if item.rank == UNRANKED else item.rank

    def get_claimed_by(self, item: ReviewItem) -> str | None:
        """Who is deciding it now; null: it is free."""
        return item.claimed_by.username if item.is_claimed and item.claimed_by else None

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_claimed_until(self, item: ReviewItem) -> Any:
        """When it comes free by itself; null: it is free."""
        return item.claimed_until if item.is_claimed else None

    def get_class_name(self, item: ReviewItem) -> str | None:
        """The answer; null while it is open."""
        return item.class_name or None


class AnswerInput(InputSerializer):
    class_name = serializers.CharField(
        max_length=200, required=False, help_text="The class that it is; a new one is made."
    )
    add_to_dataset = VisibleObjectField(
        queryset=Dataset.objects.alive().select_related("organization"),
        required=False,
        allow_null=True,
        help_text="Where the image of a prediction or of a batch's archive goes with its class. "
        "Left out, that of a prediction goes nowhere; one of an archive is refused (`required`), "
        "because its answer would be lost with the batch. A content that is there gets no second "
        "image. An image of a dataset is labelled there: leave it out, or name that dataset.",
    )
    skip = serializers.BooleanField(
        required=False, help_text="True: decide later; others are asked first. Without a class."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two, and not both."""
        if bool(attrs.get("skip")) == ("class_name" in attrs):
            detail = "Send either class_name, or skip as true."
            raise serializers.ValidationError({"class_name": [detail]})
        return attrs


class ClaimInput(InputSerializer):
    organization = serializers.SlugField(
        required=False, help_text="The slug of one of yours; your personal one when not given."
    )
    count = serializers.IntegerField(min_value=1, max_value=MOST_CLAIMED, default=5)
    order = serializers.ChoiceField(choices=ORDERS, default=UNCERTAINTY)
    model = VisibleObjectField(
        queryset=RegisteredModel.objects.all(), required=False, allow_null=True
    )
    dataset = VisibleObjectField(queryset=Dataset.objects.alive(), required=False, allow_null=True)
    reason = serializers.ChoiceField(choices=ReviewKind.choices, required=False)
    skipped = serializers.BooleanField(
        default=False, help_text="Also those that the caller wanted to decide later."
    )


class ClaimedSerializer(serializers.Serializer):
    items = ReviewItemSerializer(many=True)
    open = serializers.IntegerField(
        help_text="How many are open, with those that others are deciding."
    )
    held_by_others = serializers.IntegerField()
    skipped = serializers.IntegerField(help_text="Open ones that the caller wants to decide later.")


class ReleaseInput(InputSerializer):
    organization = serializers.SlugField(
        required=False, help_text="The slug of one of yours; your personal one when not given."
    )

    items = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=MOST_CLAIMED,
        help_text="Only these; left out, all.",
    )


class ReleasedSerializer(serializers.Serializer):
    released = serializers.IntegerField(help_text="How many items came free.")
