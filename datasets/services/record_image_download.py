"""Write down who takes image files away, one by one."""

import logging

import redis
from django.core.cache import cache

from accounts.models import User
from accounts.services import audit
from datasets.models import Image

logger = logging.getLogger(__name__)
HOUR = 3600


def record_image_download(*, user: User, image: Image) -> None:
    """Add an entry to the audit log for the first full-size file of a dataset in an hour.

    A program may take a hundred thousand in that time: that it takes from this dataset, and with
    which image it began, is what the log keeps.
    """
    key = f"image-download:{user.pk}:{image.dataset_id}"
    try:
        if not cache.add(key, 1, HOUR):
            return
    except redis.RedisError as error:
        # Rather an entry too many than one too few.
        logger.warning("whether a download was written down cannot be known: %s", error)
    audit.record(
        actor=user,
        action="dataset.download_images",
        target=image.dataset,
        first_image=str(image.pk),
        sha256=image.sha256,
    )
