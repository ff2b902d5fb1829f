from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        """Have the organizations' jobs counted."""
        from accounts.quotas import Quota
        from accounts.selectors.usage import register
        from jobs.selectors.usage import open_jobs

        register(Quota.JOBS, open_jobs)
