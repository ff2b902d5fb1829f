"""Limits that a program sets for itself while it works."""

import math
import resource
import time


def allow_seconds(seconds: int) -> None:
    """Let the kernel end this process after so much more processor time."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + seconds, hard))
