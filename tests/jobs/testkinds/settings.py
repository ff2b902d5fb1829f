"""The platform's settings, and the app of test kinds: for the workers that tests start."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.jobs.testkinds"]
