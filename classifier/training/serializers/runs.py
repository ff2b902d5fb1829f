from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.fields import ReadableObjectField, VisibleObjectField
from classifier.engine.presets.registry import PRESETS
from classifier.evaluation.selectors.verdicts import text_of_run
from classifier.fields import (
    gpu_seconds_field,
    interval_field,
    processor_seconds_field,
)
from classifier.models import EpochMetrics, RegisteredModel, TrainingRun
from classifier.models.training_run import Finish
from classifier.training.selectors.run_samples import samples_shown
from classifier.training.serializers.presets import PresetNameField
from classifier.training.services.start_training import LEAST_SECONDS
from common.fit import FITS
from common.inputs import InputSerializer
from datasets.models import DatasetVersion
from jobs.models import Status
from jobs.serializers import JobSerializer


class TrainingRunSerializer(serializers.ModelSerializer):
    status = serializers.ChoiceField(source="job.status", choices=Status.choices, read_only=True)
    job = JobSerializer(read_only=True)
    organization: serializers.SlugRelatedField = serializers.SlugRelatedField(
        slug_field="slug", read_only=True
    )
    config = serializers.DictField(read_only=True, help_text="Every setting, also the defaults.")
    metrics = serializers.SerializerMethodField(
        help_text="Empty until the run has succeeded; then the best epoch's `loss`, `accuracy`, "
        "`val_loss`, `val_accuracy`, its number `best_epoch`, and `epochs`, `seconds`, "
        "`parameters`, `memory_bytes` and `gpu_memory_bytes` (the most of any epoch), "
        "`batch_size` {`images` in a step of the last stage, `asked`: a number or auto, `why`, "
        "`stages`: the images in a step of each}, "
        "`first_loss` and `last_loss` of the curve, `milliseconds_per_image` (of a "
        "core that the served file takes, measured at the end of the training; absent in older "
        "runs), `stopped` {`reason`: completed, early_stopping, time_limit, finished, diverged or "
        "pruned (the sentence of both in `detail`), "
        "`stage`, `epoch`, `planned_epochs`, `patience`}; of a last layer fitted on kept vectors "
        "also `kept_vectors` {`images` compared (of test, then validation, up to 256), `flipped` "
        "answers, `largest_difference` of a probability between the served file and these "
        "vectors, `fitted_again`}; with self-training also `self_training` {`asked` about so many "
        "unlabelled images, `taken` by class, `temperature` of the validation images (null: it "
        "ended before), `first_epochs` before they joined, `kept`: whether the best epoch "
        "learned from them; then the model version has a file `self_training.csv`, and "
        "fine-tuning learned from them too; `left_out` {`held_out`: they show what is measured on, "
        "`beyond` the limit, `deleted` since the run began}}; of a student `distillation` "
        "{`student`: the network that was trained, `candidates`: those that fit the size, each "
        "{`blocks`, `bytes` at most, `milliseconds` of a core of the worker for an image}, "
        "`labelled` and `unlabelled` images that it was taught on, `teacher_accuracy` on train, "
        "`teacher_val_accuracy`, `validation_seen`: how many of the validation images taught the "
        "teacher (null: not known), `left_out` as of self-training}; on a version of which images "
        "were forgotten also `forgotten` {`count`, `images` [{`sha256`, `part`}], 100 at most}. A "
        "classic method "
        "has no epochs (both numbers are 0; `stopped` counts trees or rounds where it grows), and "
        "adds `numbers` (how many it learns from of each image) and `importances`, null where it "
        "has none: {`method`: coefficients, impurity or gain, `top` [{`name`, `share`}], `map`: "
        "rows of 0 to 100 where they lie in the image, or null}.",
    )
    verdict = serializers.SerializerMethodField(
        help_text="What came of it, in words: of the report on the test split and of the training; "
        "null until the run has succeeded."
    )
    val_accuracy_interval = interval_field(
        "The 95 % interval (Wilson) of the validation accuracy in `metrics`."
    )
    model_version = serializers.SerializerMethodField()
    processor_seconds = processor_seconds_field(source="job.processor_seconds")
    gpu_seconds = gpu_seconds_field(source="job.gpu_seconds")

    class Meta:
        model = TrainingRun
        fields = (
            "id",
            "name",
            "organization",
            "status",
            "job",
            "dataset_version",
            "preset",
            "config",
            "time_limit_seconds",
            "metrics",
            "verdict",
            "val_accuracy_interval",
            "model",
            "model_version",
            "processor_seconds",
            "gpu_seconds",
            "archived_at",
            "created_at",
        )
        read_only_fields = fields

    def get_metrics(self, run: TrainingRun) -> dict[str, Any]:
        return {**run.metrics, "stopped": run.stopped} if run.metrics else {}

    def get_model_version(self, run: TrainingRun) -> UUID | None:
        return run.registered_version.pk if run.registered_version else None

    def get_verdict(self, run: TrainingRun) -> str | None:
        return text_of_run(run)


@extend_schema_field(
    {
        "type": "integer",
        "minimum": LEAST_SECONDS,
        "maximum": int(settings.JOB_TIME_LIMIT_SECONDS),
    }
)
class TimeLimitField(serializers.IntegerField):
    """Seconds; the service that starts a training checks the bounds."""


class TrainingRunInput(InputSerializer):
    dataset_version = ReadableObjectField(queryset=DatasetVersion.objects.all())
    preset = PresetNameField()
    config = serializers.DictField(
        required=False,
        help_text="Settings that differ from the preset's defaults; `GET presets/` describes them.",
    )
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    model = VisibleObjectField(
        queryset=RegisteredModel.objects.all(),
        required=False,
        allow_null=True,
        help_text="The model that the version joins; by default a new one.",
    )
    time_limit_seconds = TimeLimitField(
        required=False,
        help_text="Then training ends with its best epoch, or fails with `timed_out` where none "
        "has ended. 60 up to what this installation lets any job take; by default what it gives a "
        "training. Reading images counts, and so do earlier attempts.",
    )

    def place_of(self, name: str) -> str:
        """Return `config` for the name of a setting."""
        known = any(name in preset.settings for preset in PRESETS.values())
        return "config" if known else super().place_of(name)


class FinishInput(InputSerializer):
    when = serializers.ChoiceField(
        choices=Finish.choices,
        default=Finish.EPOCH,
        help_text="`epoch`: after the epoch that is under way; `now`: without it.",
    )


class RunPatch(InputSerializer):
    name = serializers.CharField(max_length=120, required=False)
    archived = serializers.BooleanField(required=False)


class CloneInput(TrainingRunInput):
    """What differs from the run that is cloned; nothing at all is fine."""

    dataset_version = ReadableObjectField(queryset=DatasetVersion.objects.all(), required=False)
    preset = PresetNameField(required=False)


class EpochMetricsSerializer(serializers.ModelSerializer):
    class Meta:
        model = EpochMetrics
        fields = (
            "epoch",
            "loss",
            "accuracy",
            "val_loss",
            "val_accuracy",
            "learning_rate",
            "seconds",
            "images_per_second",
            "memory_bytes",
            "gpu_memory_bytes",
        )
        extra_kwargs: ClassVar = {
            "memory_bytes": {
                "help_text": "The most of the trainer's own memory that was seen; mapped files, "
                "which the system may drop, do not count. Null: not measured."
            },
            "gpu_memory_bytes": {
                "help_text": "The most that it has held on its GPU so far; null without one."
            },
        }
        read_only_fields = fields


class SamplePictureSerializer(serializers.Serializer):
    class_name = serializers.CharField()
    url = serializers.CharField()


class RunSamplesSerializer(serializers.Serializer):
    """What a run drew of its training images; all empty where it drew nothing."""

    augmentation = serializers.SerializerMethodField(help_text="What changed them; none: nothing.")
    image_size = serializers.SerializerMethodField(help_text="Pixels of a side that go in.")
    fit = serializers.SerializerMethodField(help_text="How images became squares.")
    images = serializers.SerializerMethodField()

    def get_augmentation(self, run: TrainingRun) -> str | None:
        shown = samples_shown(run)
        return shown.augmentation if shown else None

    def get_image_size(self, run: TrainingRun) -> int | None:
        shown = samples_shown(run)
        return shown.image_size if shown else None

    @extend_schema_field(serializers.ChoiceField(choices=FITS, allow_null=True))
    def get_fit(self, run: TrainingRun) -> str | None:
        shown = samples_shown(run)
        return shown.fit if shown else None

    @extend_schema_field(SamplePictureSerializer(many=True))
    def get_images(self, run: TrainingRun) -> list[dict[str, str]]:
        shown = samples_shown(run)
        return [
            {"class_name": name, "url": reverse("api:training-run-sample", args=[run.pk, number])}
            for number, name in enumerate(shown.class_names if shown else [])
        ]
