from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ClassifierConfig(AppConfig):
    name = "classifier"
    verbose_name = "Training and models"

    def ready(self) -> None:
        from classifier import kinds
        from classifier.services.embedder import BackboneEmbedder
        from classifier.services.ensure_ready_made import ensure_ready_made_models
        from datasets.services import embedders
        from jobs.kinds import register

        register(kinds.EMBED_IMAGES, kinds.EVALUATE, kinds.TRAIN)
        embedders.register(BackboneEmbedder())
        post_migrate.connect(
            ensure_ready_made_models, sender=self, dispatch_uid="classifier.ready_made"
        )
