"""How many jobs an organization has."""

from accounts.models import Organization
from jobs import kinds
from jobs.models import TERMINAL, Job


def open_jobs(organization: Organization) -> int:
    """Return how many jobs of the organization run or wait, of the kinds that people start."""
    counted = [kind.name for kind in kinds.all_kinds() if kind.is_counted]
    open_ones = Job.objects.filter(organization=organization).exclude(status__in=TERMINAL)
    return open_ones.filter(kind__in=counted).count()
