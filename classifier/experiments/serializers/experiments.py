from typing import Any
from uuid import UUID

from rest_framework import serializers

from classifier.experiments.selectors.left_out import told_of
from classifier.experiments.services.plans.registry import PLANS
from classifier.models import Experiment
from jobs.models import Status
from jobs.serializers import JobSerializer

KINDS = sorted(PLANS)


class ExperimentSerializer(serializers.ModelSerializer):
    kind = serializers.ChoiceField(choices=KINDS, read_only=True)
    status = serializers.ChoiceField(source="job.status", choices=Status.choices, read_only=True)
    job = JobSerializer(read_only=True)
    organization: serializers.SlugRelatedField = serializers.SlugRelatedField(
        slug_field="slug", read_only=True
    )
    settings = serializers.DictField(
        read_only=True, help_text="What the kind was asked for, defaults included."
    )
    runs = serializers.SerializerMethodField(
        help_text="The training runs that it queued, first member first; empty where its job fits "
        "by itself. `GET training-runs/?experiment=…` lists them."
    )
    result = serializers.SerializerMethodField(
        help_text="What came of it, as its kind says it; null until it has succeeded."
    )

    class Meta:
        model = Experiment
        fields: tuple[str, ...] = (
            "id",
            "kind",
            "status",
            "job",
            "name",
            "organization",
            "dataset_version",
            "settings",
            "runs",
            "result",
            "model_version",
            "created_at",
        )
        read_only_fields = fields

    def get_runs(self, experiment: Experiment) -> list[UUID]:
        return [each.run_id for each in experiment.members.all() if each.run_id]

    def get_result(self, experiment: Experiment) -> dict[str, Any] | None:
        return experiment.result


class ExperimentDetailSerializer(ExperimentSerializer):
    left_out = serializers.SerializerMethodField(
        help_text="Images that it went on without, as their file can no longer be read: "
        "`{count, images: [{sha256, name, reason}]}`, 100 at most; null where there are none."
    )

    class Meta(ExperimentSerializer.Meta):
        fields = (*ExperimentSerializer.Meta.fields, "left_out")
        read_only_fields = fields

    def get_left_out(self, experiment: Experiment) -> dict[str, Any] | None:
        return told_of(experiment)
