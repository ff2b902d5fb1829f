from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "webhooks"

    def ready(self) -> None:
        """Register kinds of work, and what hears of the ends of jobs."""
        from jobs.kinds import register
        from jobs.services import chores, listeners
        from webhooks.kinds import DELIVER, MAIL_ALERTS, TRY
        from webhooks.services.job_ends import announce_missed_jobs, on_job_ended
        from webhooks.services.sweep import sweep
        from webhooks.services.wake import send_what_is_due

        register(DELIVER, TRY, MAIL_ALERTS)
        listeners.register(on_job_ended)
        chores.register(announce_missed_jobs, chores.hourly(sweep))
        chores.register_prompt(send_what_is_due)
