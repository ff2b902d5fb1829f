"""Have what is known of classes read again: it goes with answers from the next prediction on."""

from django.db.models import F, QuerySet

from accounts.models import User
from classifier.models import EvaluationReport, RegisteredModel
from datasets.models import Dataset, Split


def on_report_filled(report: EvaluationReport) -> None:
    """Do so for the model of a version that was measured on its own test split."""
    version = report.model_version
    if report.split_enum == Split.TEST and report.own_training_data:
        _count(RegisteredModel.objects.filter(pk=version.model_id))


def on_class_note_changed(*, user: User | None, dataset: Dataset) -> None:
    """Do so for the models that learned from a dataset."""
    _count(RegisteredModel.objects.filter(versions__dataset_version__dataset=dataset))


def on_vectors_added(*, user: User | None, dataset: Dataset) -> None:
    """Do so for the same models: their classes may be compared now."""
    on_class_note_changed(user=user, dataset=dataset)


def _count(models: QuerySet[RegisteredModel]) -> None:
    # One order for all who lock several.
    held = RegisteredModel.objects.filter(pk__in=models.values("pk")).order_by("pk")
    ids = list(held.select_for_update(no_key=True).values_list("pk", flat=True))
    RegisteredModel.objects.filter(pk__in=ids).update(
        class_facts_number=F("class_facts_number") + 1
    )
