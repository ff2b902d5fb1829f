from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        """Have the organizations' jobs counted, and each machine's scratch swept."""
        from accounts.quotas import Quota
        from accounts.selectors.usage import register
        from jobs.selectors.usage import open_jobs
        from jobs.services import chores
        from jobs.services.figures import fold
        from jobs.supervision.sweep import sweep_checkpoints, sweep_folders
        from storage.durable import shrink_copies

        register(Quota.JOBS, open_jobs)
        chores.register(sweep_checkpoints, fold)
        chores.register_for_machines(sweep_folders, shrink_copies)
