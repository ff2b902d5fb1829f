"""The platform's settings, and the app of test kinds: for the workers that tests start."""

import os

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.jobs.testkinds"]
# Keras takes its time; tests of jobs alone do without it.
JOB_PRELOAD_MODULES = [os.environ.get("LOUPE_TEST_PRELOAD", "json")]
