"""What an organization has of batch predictions, for what bounds it."""

from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone

from accounts.models import Organization
from classifier.models import BatchPrediction

A_DAY = timedelta(hours=24)


def images_today(organization: Organization) -> int:
    """Return how many images of batches the organization has begun in the last 24 hours."""
    rows = BatchPrediction.objects.filter(
        organization=organization, created_at__gt=timezone.now() - A_DAY
    )
    return rows.aggregate(total=Sum("image_count"))["total"] or 0


def batch_bytes(organization: Organization) -> int:
    """Return what archives of batches and their images take, or may take while they are read."""
    rows = BatchPrediction.objects.filter(organization=organization)
    return rows.aggregate(total=Sum("kept_bytes"))["total"] or 0
