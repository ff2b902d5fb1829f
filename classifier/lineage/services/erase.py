"""Forget a content, in steps that may be done again: rows first, then files and caches."""

from collections.abc import Callable

from django.db.models import Q
from django.utils import timezone

from classifier.batches.services.forget_in_batches import (
    forget_content_in_batches,
    forget_images_in_batches,
)
from classifier.lineage.selectors.bars import bars_to
from classifier.lineage.selectors.held import held_by
from classifier.lineage.selectors.image_models import models_of_images
from classifier.lineage.services.erase_answers import erase_answers, samples_by_version
from classifier.lineage.services.erase_watched import cut_watched
from classifier.models import (
    Decision,
    Experiment,
    KeptPrediction,
    ModelImport,
    Prediction,
    TrainingRun,
)
from classifier.registry.services.forget_references import forget_references
from classifier.review.services.tidy import forget_items
from common.errors import Conflict
from datasets.models import DatasetVersion, Forgetting, Image, Split
from datasets.services.forget_images import (
    allow_forgetting,
    clean_machine,
    erase_files,
    erase_rows,
    lock_datasets,
    samples_to_forget,
)
from storage import durable
from storage.names import run_folder

_FORGOTTEN_NAME = "a forgotten image"


def erase_all_rows(forgetting: Forgetting) -> None:
    """Erase every row that shows the images, in the caller's transaction; the counts are kept.

    Raises `Conflict` while work on a version that holds one of them has not ended: it goes by the
    order of the images.
    """
    datasets = lock_datasets(forgetting)
    held = held_by(forgetting.image_ids)
    if bars := bars_to(forgetting.organization_id, [each.version.pk for each in held]):
        raise Conflict(" ".join(bars), code="in_use")
    allow_forgetting()
    met = _met(forgetting)
    by_version = samples_by_version(samples_to_forget(forgetting))
    versions = DatasetVersion.objects.in_bulk(list(by_version))
    counts = {
        "reports": sum(erase_answers(versions[pk], ids) for pk, ids in by_version.items()),
    }
    _forget_names(forgetting)
    counts["batch_results"] = forget_images_in_batches(forgetting)
    forget_trials(forgetting)
    cut_watched(forgetting)
    counts["review_items"] = forget_items(forgetting.image_ids)
    counts |= erase_rows(forgetting, datasets)
    if forgetting.erased_at is None:
        forgetting.erased_at, forgetting.met = timezone.now(), met
    # Last: it writes files, and what is rolled back after it would leave them.
    counts["training_vectors"] = _forget_vectors(forgetting, [each.version.pk for each in held])
    larger = {name: max(number, forgetting.counts.get(name, 0)) for name, number in counts.items()}
    forgetting.counts = {**forgetting.counts, **larger}
    forgetting.save(update_fields=["erased_at", "counts", "met"])


def erase_all_files(forgetting: Forgetting, on_step: Callable[[str], None]) -> dict[str, int]:
    """Delete files, caches and predictions; return what was found of each. Safe to repeat."""
    on_step("Deleting answers of batches")
    answers = {"batch_results": forget_content_in_batches(forgetting)}
    on_step("Deleting the file, its thumbnail and its vectors")
    counts = answers | erase_files(forgetting)
    on_step("Deleting pictures of runs")
    counts["run_pictures"] = _delete_run_pictures(forgetting)
    on_step("Overwriting cached pixels")
    counts["cached_pixels"] = clean_machine([forgetting])
    on_step("Deleting kept predictions")
    counts["predictions"] = _delete_predictions(forgetting)
    return counts


def keep_counts(forgetting: Forgetting, counts: dict[str, int]) -> None:
    """Add to what was counted; of a step that is done again the larger number stays."""
    before = forgetting.counts
    larger = {name: max(number, before.get(name, 0)) for name, number in counts.items()}
    forgetting.counts = {**before, **larger}
    forgetting.save(update_fields=["counts"])


def _met(forgetting: Forgetting) -> list[dict[str, str]]:
    """Return which models met the images without a version that holds them."""
    rows = Image.objects.filter(pk__in=forgetting.image_ids)
    images = list(rows.select_related("dataset", "forgetting"))
    found = models_of_images(forgetting.organization_id, forgetting.sha256, images)
    return [
        {"version": str(each.version.pk), "via": each.via.value}
        for each in found.models
        if each.dataset_version is None
    ]


def _forget_vectors(forgetting: Forgetting, version_ids: list) -> int:
    rows = Decision.objects.select_for_update(of=("self",)).select_related("model_version")
    rows = rows.filter(model_version__dataset_version__in=version_ids, references__isnull=False)
    return sum(forget_references(decision=row, sha256=forgetting.sha256) for row in rows)


def _forget_names(forgetting: Forgetting) -> None:
    """Take the image's name out of what runs say of files that they could not read."""
    runs = TrainingRun.objects.filter(
        metrics__unreadable__images__contains=[{"sha256": forgetting.sha256}],
        dataset_version__dataset__in=forgetting.dataset_ids,
    )
    for run in runs:
        for image in run.metrics["unreadable"]["images"]:
            if image["sha256"] == forgetting.sha256:
                image["name"], image["sha256"] = _FORGOTTEN_NAME, ""
        run.save(update_fields=["metrics"])
    experiments = Experiment.objects.filter(
        left_out__has_key=forgetting.sha256,
        dataset_version__dataset__in=forgetting.dataset_ids,
    )
    for experiment in experiments:
        del experiment.left_out[forgetting.sha256]
        experiment.save(update_fields=["left_out"])


def forget_trials(forgetting: Forgetting) -> None:
    """Take the images out of what foreign models were tried on when they were imported."""
    gone = {str(pk) for pk in forgetting.image_ids}
    rows = ModelImport.objects.filter(
        dataset__in=forgetting.dataset_ids, trial__has_key="answers"
    ).select_for_update(of=("self",))
    for row in rows:
        answers = (row.trial or {})["answers"]
        left = [each for each in answers if each["image"] not in gone]
        if len(left) < len(answers):
            row.trial = {**(row.trial or {}), "answers": left}
            row.save(update_fields=["trial"])


def _delete_run_pictures(forgetting: Forgetting) -> int:
    """Delete the pictures of runs that may show the image; which ones do is not written down."""
    held = held_by(forgetting.image_ids)
    trained = [each.version.pk for each in held if Split.TRAIN in each.splits]
    runs = TrainingRun.objects.filter(
        dataset_version__in=trained, created_at__lt=forgetting.erased_at or timezone.now()
    )
    shown = 0
    for run_id in runs.values_list("pk", flat=True):
        folder = run_folder(run_id)
        if any(True for _ in durable.files_in(folder)):
            durable.delete_folder(folder)
            shown += 1
    return shown


def _delete_predictions(forgetting: Forgetting) -> int:
    """Delete what was answered about the file, and images kept of it, unless the organization has
    it still."""
    others = Image.objects.filter(
        sha256=forgetting.sha256,
        forgetting=None,
        dataset__organization=forgetting.organization_id,
        created_at__lt=forgetting.created_at,
    )
    if others.exists():
        return 0
    of_it = Q(image_sha256=forgetting.sha256) | Q(images__contains=[{"sha256": forgetting.sha256}])
    # As it is kept, whatever metadata it was sent with.
    of_it |= Q(kept__contents__contains=[forgetting.sha256])
    rows = Prediction.objects.filter(
        of_it, organization=forgetting.organization_id, created_at__lt=forgetting.created_at
    )
    gone = list(rows.values_list("pk", flat=True))
    kept = KeptPrediction.objects.filter(prediction__in=gone)
    names = [name for each in kept for name in each.file_names]
    Prediction.objects.filter(pk__in=gone).delete()
    durable.delete_files(names)
    return len(gone)
