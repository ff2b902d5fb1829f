from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "datasets"

    def ready(self) -> None:
        from datasets import kinds
        from datasets.services.purge import purge_trash
        from datasets.services.sweep_uploads import sweep_uploads
        from jobs.kinds import register
        from jobs.services import chores

        register(kinds.CHECK_QUALITY, kinds.COMPUTE_MAP, kinds.HELP_IMPORT, kinds.IMPORT_ARCHIVE)
        chores.register(purge_trash, sweep_uploads)
