from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ClassifierConfig(AppConfig):
    name = "classifier"

    def ready(self) -> None:
        from classifier import kinds
        from classifier.services.ensure_ready_made import ensure_ready_made_models
        from jobs.kinds import register

        register(kinds.TRAIN, kinds.EVALUATE)
        post_migrate.connect(
            ensure_ready_made_models, sender=self, dispatch_uid="classifier.ready_made"
        )
