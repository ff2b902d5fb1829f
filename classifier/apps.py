from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ClassifierConfig(AppConfig):
    name = "classifier"
    verbose_name = "Training and models"

    def ready(self) -> None:
        from classifier.registry.services.ensure_built_in import ensure_built_in_models

        _register_kinds()
        _register_usage()
        _register_listeners()
        _register_chores()
        post_migrate.connect(
            ensure_built_in_models, sender=self, dispatch_uid="classifier.built_in"
        )


def _register_kinds() -> None:
    """Say which jobs there are."""
    from classifier.batches import kinds as batches
    from classifier.embedding.kinds import EMBED_IMAGES
    from classifier.evaluation.kinds import EVALUATE, ROBUSTNESS
    from classifier.experiments.kinds import EXPERIMENT_JOBS
    from classifier.instant.kinds import FIT_INSTANT
    from classifier.lineage.kinds import FORGET_IMAGE
    from classifier.monitoring.kinds import CHECK_DRIFT
    from classifier.registry import kinds as registry
    from classifier.review.kinds import SELECT_REVIEW
    from classifier.training import kinds as training
    from jobs.kinds import register

    register(batches.BATCH, batches.HELP_BATCH, batches.ADD_BATCH)
    register(EMBED_IMAGES, EVALUATE, ROBUSTNESS, FIT_INSTANT, FORGET_IMAGE, CHECK_DRIFT)
    register(SELECT_REVIEW, *EXPERIMENT_JOBS)
    register(registry.COPY_MODEL, registry.DECISION, registry.EXPORT)
    register(registry.FAST_MODE, registry.IMPORT_MODEL)
    register(training.TRAIN, training.TRAIN_HEAD)
    register(training.TRAIN_MEMBER, training.TRAIN_MEMBER_HEAD)
    register(training.SEARCH_RATE, training.SEARCH_HEAD_RATE)


def _register_usage() -> None:
    """Say what counts towards quotas, and which uploads are still held."""
    from accounts.quotas import Quota
    from accounts.selectors import usage
    from classifier.batches.selectors.batches import held_contents, held_uploads
    from classifier.batches.selectors.limits import batch_bytes
    from classifier.prediction.selectors.kept import kept_bytes
    from classifier.registry.selectors.copies import copied_bytes
    from classifier.registry.selectors.model_imports import imported_bytes
    from datasets.services.intake import held_elsewhere

    for held_bytes in (batch_bytes, imported_bytes, copied_bytes, kept_bytes):
        usage.register_further(Quota.BYTES, held_bytes)
    held_elsewhere.register_contents(held_contents)
    held_elsewhere.register_uploads(held_uploads)


def _register_listeners() -> None:
    """Say what follows from what happens elsewhere."""
    from accounts.sharing import when_ended
    from classifier.batches.services.end_batch import remove_of_versions
    from classifier.embedding.services import (
        BackboneEmbedder,
        embed_coming_images,
        embed_new_images,
    )
    from classifier.evaluation.services import listeners as evaluation
    from classifier.evaluation.services import preparing
    from classifier.experiments.services import members
    from classifier.instant.services.ask import fit_on_labels, fit_on_vectors
    from classifier.monitoring.selectors.metrics import prediction_metrics
    from classifier.prediction.serving.built_in import prepare_whole
    from classifier.registry.services import class_facts, delete_rows
    from classifier.registry.services.go_live import on_report_filled
    from classifier.training.services.end_shared_work import on_share_ended
    from classifier.training.services.first_run import on_job_ended
    from datasets.services import listeners as datasets
    from datasets.services.vectors import embedding
    from jobs.selectors import collectors
    from jobs.services import listeners as jobs

    embedding.register(BackboneEmbedder())
    datasets.images_coming.register(embed_coming_images)
    datasets.images_added.register(embed_new_images)
    datasets.vectors_added.register(fit_on_vectors)
    datasets.vectors_added.register(class_facts.on_vectors_added)
    datasets.instant_model_switched_on.register(fit_on_vectors)
    datasets.labels_changed.register(fit_on_labels)
    datasets.test_set_changed.register(fit_on_labels)
    datasets.class_note_changed.register(class_facts.on_class_note_changed)
    evaluation.register(on_report_filled, class_facts.on_report_filled)
    preparing.register(prepare_whole)
    jobs.register(on_job_ended, members.on_job_ended)
    when_ended(on_share_ended)
    delete_rows.before_versions_go(remove_of_versions)
    collectors.register(prediction_metrics)


def _register_chores() -> None:
    """Say what is looked after now and then."""
    from classifier.batches.services.end_batch import sweep_batches
    from classifier.experiments.services import members
    from classifier.instant.services.ask import fit_what_is_due
    from classifier.lineage.services.finish_begun import erase_again, finish_begun
    from classifier.monitoring.services import check_promises as promises
    from classifier.monitoring.services.count_predictions import (
        count_latecomers,
        count_predictions,
    )
    from classifier.monitoring.services.schedule import check_what_is_due
    from classifier.prediction.services.delete_kept import purge_kept, sweep_kept_files
    from classifier.registry.services.importing.register_imported import sweep_model_uploads
    from classifier.retraining.services.draft import draft_what_is_due
    from classifier.review.services.tidy import sweep_items
    from classifier.training.services.first_run import advance_missed
    from jobs.services import chores

    chores.register(advance_missed, fit_what_is_due, members.advance_missed, finish_begun)
    chores.register(sweep_batches, purge_kept, draft_what_is_due)
    chores.register(count_predictions, promises.check_promises)
    for chore in (
        sweep_model_uploads, sweep_kept_files, erase_again, sweep_items, count_latecomers,
        check_what_is_due, promises.check_all_promises,
    ):  # fmt: skip
        chores.register(chores.hourly(chore))
