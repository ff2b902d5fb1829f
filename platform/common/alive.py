"""A sign of life: a file that a worker touches, for the health check of its container."""

import logging

from django.conf import settings

logger = logging.getLogger(__name__)


def give_sign_of_life() -> None:
    """Touch the file that `LOUPE_ALIVE_FILE` names, if it names one; log where that fails.

    Who looks at the file then finds the worker dead, which is no reason for it to stop working.
    """
    if settings.ALIVE_FILE is None:
        return
    try:
        settings.ALIVE_FILE.touch()
    except OSError as error:
        logger.warning("the sign of life (LOUPE_ALIVE_FILE) cannot be given: %s", error)
