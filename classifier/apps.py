from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ClassifierConfig(AppConfig):
    name = "classifier"
    verbose_name = "Training and models"

    def ready(self) -> None:
        from accounts.quotas import Quota
        from accounts.selectors import usage
        from accounts.sharing import when_ended
        from classifier.batches.kinds import ADD_BATCH, BATCH, HELP_BATCH
        from classifier.batches.selectors.batches import held_contents, held_uploads
        from classifier.batches.selectors.limits import batch_bytes
        from classifier.batches.services.end_batch import remove_of_versions, sweep_batches
        from classifier.embedding.kinds import EMBED_IMAGES
        from classifier.embedding.services import (
            BackboneEmbedder,
            embed_coming_images,
            embed_new_images,
        )
        from classifier.evaluation.kinds import EVALUATE, ROBUSTNESS
        from classifier.evaluation.services import listeners as evaluation_listeners
        from classifier.evaluation.services import preparing
        from classifier.experiments.kinds import EXPERIMENT_JOBS
        from classifier.experiments.services import members
        from classifier.instant.kinds import FIT_INSTANT
        from classifier.instant.services.ask import fit_on_labels, fit_on_vectors, fit_what_is_due
        from classifier.lineage.kinds import FORGET_IMAGE
        from classifier.lineage.services.finish_begun import erase_again, finish_begun
        from classifier.monitoring.kinds import CHECK_DRIFT
        from classifier.monitoring.selectors.metrics import prediction_metrics
        from classifier.monitoring.services.check_promises import (
            check_all_promises,
            check_promises,
        )
        from classifier.monitoring.services.count_predictions import (
            count_latecomers,
            count_predictions,
        )
        from classifier.monitoring.services.schedule import check_what_is_due
        from classifier.prediction.selectors.kept import kept_bytes
        from classifier.prediction.services.delete_kept import purge_kept, sweep_kept_files
        from classifier.prediction.serving.built_in import prepare_whole
        from classifier.registry.kinds import COPY_MODEL, DECISION, EXPORT, FAST_MODE, IMPORT_MODEL
        from classifier.registry.selectors.copies import copied_bytes
        from classifier.registry.selectors.model_imports import imported_bytes
        from classifier.registry.services import class_facts, delete_rows
        from classifier.registry.services.ensure_built_in import ensure_built_in_models
        from classifier.registry.services.go_live import on_report_filled
        from classifier.registry.services.importing.register_imported import sweep_model_uploads
        from classifier.retraining.services.draft import draft_what_is_due
        from classifier.review.kinds import SELECT_REVIEW
        from classifier.review.services.tidy import sweep_items
        from classifier.training.kinds import (
            SEARCH_HEAD_RATE,
            SEARCH_RATE,
            TRAIN,
            TRAIN_HEAD,
            TRAIN_MEMBER,
            TRAIN_MEMBER_HEAD,
        )
        from classifier.training.services.end_shared_work import on_share_ended
        from classifier.training.services.first_run import advance_missed, on_job_ended
        from datasets.services import listeners as dataset_listeners
        from datasets.services.intake import held_elsewhere
        from datasets.services.vectors import embedding
        from jobs.kinds import register
        from jobs.selectors import collectors
        from jobs.services import chores, listeners

        register(
            COPY_MODEL, DECISION, EMBED_IMAGES, EVALUATE, EXPORT, FAST_MODE, FIT_INSTANT, ROBUSTNESS
        )
        register(TRAIN, TRAIN_HEAD, TRAIN_MEMBER, TRAIN_MEMBER_HEAD, *EXPERIMENT_JOBS)
        register(SEARCH_RATE, SEARCH_HEAD_RATE, IMPORT_MODEL, FORGET_IMAGE, SELECT_REVIEW)
        register(CHECK_DRIFT)
        collectors.register(prediction_metrics)
        register(BATCH, HELP_BATCH, ADD_BATCH)
        usage.register_further(Quota.BYTES, batch_bytes)
        held_elsewhere.register_contents(held_contents)
        held_elsewhere.register_uploads(held_uploads)
        delete_rows.before_versions_go(remove_of_versions)
        chores.register(sweep_batches)
        usage.register_further(Quota.BYTES, imported_bytes)
        usage.register_further(Quota.BYTES, copied_bytes)
        usage.register_further(Quota.BYTES, kept_bytes)
        embedding.register(BackboneEmbedder())
        dataset_listeners.images_coming.register(embed_coming_images)
        dataset_listeners.images_added.register(embed_new_images)
        dataset_listeners.vectors_added.register(fit_on_vectors)
        dataset_listeners.instant_model_switched_on.register(fit_on_vectors)
        dataset_listeners.labels_changed.register(fit_on_labels)
        dataset_listeners.test_set_changed.register(fit_on_labels)
        evaluation_listeners.register(on_report_filled, class_facts.on_report_filled)
        preparing.register(prepare_whole)
        when_ended(on_share_ended)
        dataset_listeners.class_note_changed.register(class_facts.on_class_note_changed)
        dataset_listeners.vectors_added.register(class_facts.on_vectors_added)
        listeners.register(on_job_ended, members.on_job_ended)
        chores.register(chores.hourly(sweep_model_uploads))
        chores.register(purge_kept, chores.hourly(sweep_kept_files))
        chores.register(advance_missed, fit_what_is_due, members.advance_missed, finish_begun)
        chores.register(chores.hourly(erase_again), chores.hourly(sweep_items))
        chores.register(draft_what_is_due)
        chores.register(count_predictions, chores.hourly(count_latecomers), check_promises)
        chores.register(chores.hourly(check_what_is_due), chores.hourly(check_all_promises))
        post_migrate.connect(
            ensure_built_in_models, sender=self, dispatch_uid="classifier.built_in"
        )
