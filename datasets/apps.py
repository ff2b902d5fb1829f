from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "datasets"

    def ready(self) -> None:
        from accounts.quotas import Quota
        from accounts.selectors import usage
        from datasets import kinds
        from datasets.selectors.usage import stored_bytes, stored_datasets, stored_images
        from datasets.services.forget_images import clean_this_machine
        from datasets.services.image_counts import add_up_image_counts
        from datasets.services.intake.sweep_uploads import sweep_uploads
        from datasets.services.purge import purge_trash
        from datasets.services.vectors.store_vectors import sweep_vectors
        from jobs.kinds import register
        from jobs.services import chores

        register(kinds.CHECK_QUALITY, kinds.COMPUTE_MAP, kinds.COPY_DATASET)
        register(kinds.HELP_IMPORT, kinds.IMPORT_ARCHIVE)
        usage.register(Quota.BYTES, stored_bytes)
        usage.register(Quota.IMAGES, stored_images)
        usage.register(Quota.DATASETS, stored_datasets)
        chores.register(
            purge_trash, sweep_uploads, add_up_image_counts, chores.hourly(sweep_vectors)
        )
        chores.register_for_machines(clean_this_machine)
