from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "datasets"

    def ready(self) -> None:
        from datasets import kinds
        from jobs.kinds import register

        register(kinds.FIND_COPIES, kinds.IMPORT_ARCHIVE)
