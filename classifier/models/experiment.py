from django.conf import settings as django_settings
from django.db import models
from django.db.models import Q

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from classifier.models.model_version import ModelVersion
from classifier.models.training_run import TrainingRun
from common.models import UUIDModel
from datasets.models import DatasetVersion
from jobs.models import Job


class Experiment(UUIDModel):
    """A group of fits with one question; its status is its job's.

    `kind` is one of `classifier.experiments.services.plans.registry.PLANS`, `settings` what that
    plan has checked, `result` the kind's own stored type (null until it has succeeded).
    `left_out` has, by SHA-256, why images that its own fits met could not be read.
    `wakes_on_any`: while its job waits for members, whether the end of any or of the last wakes it.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="experiments"
    )
    dataset_version = models.ForeignKey(
        DatasetVersion, on_delete=models.PROTECT, related_name="experiments"
    )
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    settings = models.JSONField()
    result = models.JSONField(null=True)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="experiment")
    # With a default in the database: during an upgrade processes of before write rows, too.
    left_out = models.JSONField(default=dict, db_default={}, editable=False)
    wakes_on_any = models.BooleanField(default=False)
    # What the experiment is for, where it makes a model: the version that came of it.
    model_version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.SET_NULL, related_name="experiments"
    )
    created_by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organization", "-created_at"])]

    def __str__(self) -> str:
        return self.name


class ExperimentMemberQuerySet(TenantQuerySet):
    organization_path = "experiment__organization"


class ExperimentMember(UUIDModel):
    """One fit of an experiment: by its job itself, or by a `run` that it has queued.

    `number` counts from 0 and is given once; `spec` is what it was to fit, as its kind says it;
    `result` what came of it, null until it is done. A run that `keeps_model` registers its model
    as a version; else nothing but figures is kept of it.
    """

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="members")
    number = models.PositiveIntegerField()
    run = models.OneToOneField(
        TrainingRun, null=True, on_delete=models.SET_NULL, related_name="member"
    )
    keeps_model = models.BooleanField(default=False)
    spec = models.JSONField(default=dict)
    result = models.JSONField(null=True)

    objects = ExperimentMemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["experiment", "number"], name="member_number_once")
        ]
        indexes = [
            models.Index(
                fields=["experiment"], name="member_open", condition=Q(result__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.experiment_id} {self.number}"


class ExperimentFoldsQuerySet(TenantQuerySet):
    organization_path = "experiment__organization"


class ExperimentFolds(models.Model):
    """Which image is in which fold, as `datasets.selectors.folds.FoldPlan`.

    In the order of `samples_of` the train split, then the validation split: `folds` a byte an
    image, `groups` four (copies share a number), the lower byte first.
    """

    experiment = models.OneToOneField(
        Experiment, on_delete=models.CASCADE, primary_key=True, related_name="folds"
    )
    folds = models.BinaryField()
    groups = models.BinaryField()

    objects = ExperimentFoldsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "experiment folds"

    def __str__(self) -> str:
        return f"folds of {self.experiment_id}"


class FoldAnswersQuerySet(TenantQuerySet):
    organization_path = "member__experiment__organization"


class FoldAnswers(models.Model):
    """What a member answered to the images of the fold that it did not learn from.

    `probabilities`: float16 (images of the fold in the order of `ExperimentFolds`, classes).
    """

    member = models.OneToOneField(
        ExperimentMember, on_delete=models.CASCADE, primary_key=True, related_name="answers"
    )
    probabilities = models.BinaryField()

    objects = FoldAnswersQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "fold answers"

    def __str__(self) -> str:
        return f"answers of {self.member_id}"
