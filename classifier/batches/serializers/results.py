"""The answers of a batch of predictions in the API, and putting them into a dataset."""

from rest_framework import serializers

from accounts.fields import VisibleObjectField
from classifier.batches.selectors.results import DECISIONS, OUTCOMES
from classifier.models import BatchAddition
from common.inputs import InputSerializer
from datasets.models import Dataset
from jobs.models import Status
from jobs.serializers import JobSerializer


class BatchClassSerializer(serializers.Serializer):
    class_name = serializers.CharField()
    probability = serializers.FloatField(min_value=0, max_value=1)


class BatchResultSerializer(serializers.Serializer):
    """Status 200: `classes`, `decision`. Status 422: `code`, `detail`."""

    index = serializers.IntegerField(help_text="The image's place in the batch, from 0.")
    name = serializers.CharField()
    image = serializers.UUIDField(
        allow_null=True, help_text="Of the dataset; null for a file of an archive, or once gone."
    )
    sha256 = serializers.CharField(allow_null=True)
    status = serializers.IntegerField(help_text="200 or 422.")
    classes = BatchClassSerializer(many=True, required=False)
    decision = serializers.ChoiceField(choices=DECISIONS, allow_null=True, required=False)
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)


class ResultsQuery(InputSerializer):
    class_name = serializers.CharField(
        required=False, trim_whitespace=False, help_text="Only images answered as this class."
    )
    decision = serializers.ChoiceField(choices=DECISIONS, required=False)
    outcome = serializers.ChoiceField(
        choices=OUTCOMES, required=False, help_text="error: only files that could not be read."
    )
    least_probability = serializers.FloatField(
        required=False, min_value=0, max_value=1, help_text="Of the first class."
    )
    below_probability = serializers.FloatField(
        required=False, min_value=0, max_value=1, help_text="The first class is less probable."
    )


class AdditionInput(InputSerializer):
    dataset = VisibleObjectField(
        queryset=Dataset.objects.all(), help_text="A dataset of the batch's organization."
    )
    least_probability = serializers.FloatField(
        required=False,
        min_value=0,
        max_value=1,
        help_text="What the first class must have at least, whatever was decided. Without it, "
        "answers whose decision is accept; needed where the batch has no decision.",
    )


class TakenOverSerializer(serializers.Serializer):
    labelled = serializers.IntegerField(help_text="Were there without a class, and got theirs.")
    added = serializers.IntegerField(help_text="Came into the dataset with their class.")
    labelled_before = serializers.IntegerField(help_text="Had a class, which stays.")
    copies = serializers.IntegerField(help_text="Have the content of another of the answers.")
    gone = serializers.IntegerField(help_text="The image is no longer there.")


class BatchAdditionSerializer(serializers.ModelSerializer):
    status = serializers.ChoiceField(source="job.status", choices=Status.choices, read_only=True)
    job = JobSerializer(read_only=True)
    counts = TakenOverSerializer(
        read_only=True,
        allow_null=True,
        help_text="What became of the answers so far; null before the first. Of a job that failed "
        "or was cancelled, what it had done.",
    )

    class Meta:
        model = BatchAddition
        fields = (
            "id",
            "batch",
            "dataset",
            "dataset_name",
            "least_probability",
            "status",
            "job",
            "counts",
            "created_at",
        )
        read_only_fields = fields
