"""What webhooks may call, and mail."""

from django.core.exceptions import ImproperlyConfigured

from config.environment import env
from webhooks.outgoing.addresses import read_networks

# Beside the internet: networks of the operator's that webhooks may call, by http too.
try:
    WEBHOOK_NETWORKS = read_networks(env.list("LOUPE_WEBHOOK_NETWORKS", default=[]))
except ValueError as fault:
    raise ImproperlyConfigured(f"LOUPE_WEBHOOK_NETWORKS: {fault}") from None
# A mail server that does not answer holds a worker, or a request, no longer.
EMAIL_TIMEOUT = 15
