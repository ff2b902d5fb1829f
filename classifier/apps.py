from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ClassifierConfig(AppConfig):
    name = "classifier"
    verbose_name = "Training and models"

    def ready(self) -> None:
        from classifier import kinds
        from classifier.services.embedder import BackboneEmbedder
        from classifier.services.ensure_ready_made import ensure_ready_made_models
        from classifier.services.first_run import advance_missed, on_job_ended
        from datasets.services import embedders
        from jobs.kinds import register
        from jobs.services import chores, listeners

        register(kinds.EMBED_IMAGES, kinds.EVALUATE, kinds.TRAIN)
        embedders.register(BackboneEmbedder())
        listeners.register(on_job_ended)
        chores.register(advance_missed)
        post_migrate.connect(
            ensure_ready_made_models, sender=self, dispatch_uid="classifier.ready_made"
        )
