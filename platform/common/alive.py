"""A sign of life: a file that a worker touches, for the health check of its container."""

from django.conf import settings


def give_sign_of_life() -> None:
    """Touch the file that `LOUPE_ALIVE_FILE` names, if it names one."""
    if settings.ALIVE_FILE:
        settings.ALIVE_FILE.touch()
