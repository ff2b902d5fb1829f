from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "datasets"

    def ready(self) -> None:
        from datasets import kinds
        from datasets.services.purge import purge_trash
        from jobs.kinds import register
        from jobs.services import chores

        register(kinds.FIND_COPIES, kinds.IMPORT_ARCHIVE)
        chores.register(purge_trash)
