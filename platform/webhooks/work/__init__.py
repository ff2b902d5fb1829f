"""What workers send outside of Loupe, one module per kind of job."""

from webhooks.work import deliver, mail_alerts, try_once

__all__ = ["deliver", "mail_alerts", "try_once"]
